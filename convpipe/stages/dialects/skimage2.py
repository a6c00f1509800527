"""scikit-image as its version 2 has it: morphology takes nothing from outside the image."""

from __future__ import annotations

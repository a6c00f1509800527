"""ImageJ: edges are repeated."""

from __future__ import annotations

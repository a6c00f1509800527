"""Loops on the processor: their schedule, their shapes, and how they are run."""

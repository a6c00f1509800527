"""Loops of conv2d over (N, C, H, W) arrays, on the processor."""

"""Fused pipelines on CUDA devices: the ops of a plan as tiles in shared memory."""

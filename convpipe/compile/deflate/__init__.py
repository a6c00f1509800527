"""Rows of bytes, filtered and deflated as a PNG holds them, by a compiled loop."""

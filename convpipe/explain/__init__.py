"""The arithmetic of a pipeline, laid open: of one output pixel, what it is made of, tap by tap."""

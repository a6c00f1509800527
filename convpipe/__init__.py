"""A YAML file of image filters, compiled into one fused loop."""

__version__ = "0.1.0"

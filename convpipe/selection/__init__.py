"""What stands at a rank among the samples of a window: networks of minima and maxima, and their layers."""

from convpipe.selection.layers import VECTOR, Layer, Layers, layers_of
from convpipe.selection.network import ROWS, Network, Node, Value, network
from convpipe.selection.runs import runs

__all__ = [
    "ROWS",
    "VECTOR",
    "Layer",
    "Layers",
    "Network",
    "Node",
    "Value",
    "layers_of",
    "network",
    "runs",
]

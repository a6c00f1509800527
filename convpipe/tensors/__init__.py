"""Files of named arrays: .npy, .npz, .safetensors and .onnx, read as numbers alone; nothing is unpickled."""

from convpipe.tensors.base import Tensor
from convpipe.tensors.onnx import Operation
from convpipe.tensors.read import FORMS, MOST, operations, read

__all__ = ["FORMS", "MOST", "Operation", "Tensor", "operations", "read"]

"""How the sum under a kernel is taken apart, for both backends: one module a way, and which is taken."""

from convpipe.compile.common.banks.base import Bank
from convpipe.compile.common.banks.choice import choose
from convpipe.compile.common.banks.dense import Dense
from convpipe.compile.common.banks.lowrank import LowRank, Product
from convpipe.compile.common.banks.separable import Separable
from convpipe.compile.common.banks.uniform import Uniform, halves

__all__ = ["Bank", "Dense", "LowRank", "Product", "Separable", "Uniform", "choose", "halves"]

"""Formulas over images: pixels beside each other, numbers of a whole image, and arithmetic of both.

``language`` reads a text, ``graph`` makes ops of it; ``measure`` has those that are numbers.
"""

from convpipe.formula.graph import Formula
from convpipe.formula.language import STATISTICS
from convpipe.formula.measure import Measure

__all__ = ["STATISTICS", "Formula", "Measure"]

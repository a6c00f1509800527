"""Stacks: pages filtered one after the other, up to a stage that reads several of them.

- ``slide``: which pages a window over pages reads, and which have to be held
- ``gather``: pages summed under weights, or with their rows by turns in one image
- ``projections``: one page of all
- ``steps``, ``windows``: from the pages of a stack to those that a run of stages makes of them
- ``make``: from stages to steps
- ``engine``: what filters a stack by its steps
"""

from convpipe.stack.engine import Filtered, StackEngine, reader_of
from convpipe.stack.steps import Subjects

__all__ = ["Filtered", "StackEngine", "Subjects", "reader_of"]

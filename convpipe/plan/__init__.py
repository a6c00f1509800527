"""The plan: what a pipeline will do to an image of some extent and dtype, with no pixel read."""

from convpipe.plan.make import make_plan, unknown_dtype
from convpipe.plan.model import Plan
from convpipe.plan.node import IMAGE, NodePlan, Origin
from convpipe.plan.parts import grouped
from convpipe.plan.rings import strip_columns
from convpipe.plan.stage import StagePlan

__all__ = [
    "IMAGE",
    "NodePlan",
    "Origin",
    "Plan",
    "StagePlan",
    "grouped",
    "make_plan",
    "strip_columns",
    "unknown_dtype",
]

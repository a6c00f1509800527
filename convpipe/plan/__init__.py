"""The plan: what a pipeline will do to an image of some extent and dtype, with no pixel read."""

from convpipe.plan.make import Settings, make_plan, unknown_dtype
from convpipe.plan.missing import Missing
from convpipe.plan.model import Output, Plan
from convpipe.plan.node import NodePlan, Origin
from convpipe.plan.rings import strip_columns
from convpipe.plan.stage import StagePlan
from convpipe.stages.wiring import IMAGE

__all__ = [
    "IMAGE",
    "Missing",
    "NodePlan",
    "Origin",
    "Output",
    "Plan",
    "Settings",
    "StagePlan",
    "make_plan",
    "strip_columns",
    "unknown_dtype",
]

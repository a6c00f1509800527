"""The plan: what a pipeline will do to an image of some extent and dtype, with no pixel read."""

from convpipe.plan.make import make_plan, unknown_dtype
from convpipe.plan.model import SURELY_FUSED, Plan, StagePlan

__all__ = ["SURELY_FUSED", "Plan", "StagePlan", "make_plan", "unknown_dtype"]

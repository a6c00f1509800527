"""Plans compiled for CUDA and held against the oracle: on a device, or in Numba's simulator."""

import os

import oracle

from convpipe.geometry import Border
from convpipe.plan import Settings, make_plan
from convpipe.stages import ANY_LABEL, stage

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"

if SIMULATED:
    import simulator

    simulator.install()

TILING = {"rows": (4,), "cols": (4,), "threads": 2} if SIMULATED else {}
"""Small blocks, for images that a simulator gets through."""


def make(method, **parameters):
    """Return a stage of a method's example, small: a simulator runs a Python statement at a time."""
    label = "mine" if method.name == ANY_LABEL else method.name
    own = {"sigma": 2} if (method.family, method.name) == ("background", "subtract") else {}
    return stage(method.family, label, **{**method.example, **own, **parameters})


def compiled(stages, image, border=Border.REFLECT, output_dtype=None, alpha=False, missing=None, **tiling):
    from convpipe.compile.cuda.groups import Tiling
    from convpipe.compile.cuda.run import compile_plan

    plan = make_plan(
        stages,
        image.shape[:2],
        Settings(border=border, output_dtype=output_dtype, missing=missing),
        channels=image.shape[2] if image.ndim == 3 else 1,
        dtype=image.dtype.name,
        alpha=alpha,
    )
    return plan, compile_plan(plan, Tiling(**{**TILING, **tiling}))


def check(stages, image, border=Border.REFLECT, output_dtype=None, tolerance=1e-5, **options):
    """Hold a result against the oracle; return the plan, what was compiled, and the result."""
    plan, run = compiled(stages, image, border, output_dtype, **options)
    got, _ = run(image)
    oracle.near(got, plan, image, tolerance)
    return plan, run, got

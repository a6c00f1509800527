"""How much samples count, of which some are missing or hidden by alpha."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from convpipe.explain.account import Samples
from convpipe.ops import Map, dtype_range
from convpipe.stages.wiring import IMAGE

if TYPE_CHECKING:
    from convpipe.explain.run import Run


def counts_of(run: Run, source: int) -> Samples:
    """Return what the samples of a stage, or of the image, count; of one channel that counts for all."""
    plan, samples = run.plan, run.after(source)
    if plan.alpha:
        return np.asarray(np.clip(np.nan_to_num(samples[..., -1:]) / dtype_range(plan.dtype).high, 0, 1))
    if source != IMAGE:
        return _between(run, source)
    there = np.ones(samples.shape)
    missing = plan.missing and plan.missing.of(plan.dtype)
    if missing and missing.value is not None:
        gone = np.isnan(samples) if np.isnan(missing.value) else samples == missing.value
        there[gone] = 0
    if run.mask is not None:
        there[run.mask == 0] = 0
    return there


def _between(run: Run, source: int) -> Samples:
    """Return what the samples count that a stage gives: where its result is filled, that is read."""
    from convpipe.compile.cpu.graphs import GraphExecutable, compile_plan
    from convpipe.engine import with_mask
    from convpipe.plan import Output

    pixels, mask = run.pixels, run.mask
    engine = run.up_to(source)
    plan = engine.plan(pixels.shape, pixels.dtype.name, nodata=run.nodata, masked=mask is not None)
    filling = plan.nodes[-1]
    first = filling.ops[0]
    assert isinstance(first, Map)
    counts = Output("counts", filling.inputs[first.inputs.index("c")], plan.compute)
    compiled = compile_plan(replace(plan, beside=(counts,)))
    assert isinstance(compiled, GraphExecutable)
    results, _ = compiled.outputs(pixels if mask is None else with_mask(pixels, mask, alpha=False))
    return np.atleast_3d(results["counts"]).astype(float)

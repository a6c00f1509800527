"""The arithmetic of a window that weighs samples by what they count, as ``convpipe explain`` prints it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from convpipe.cli.streams import emit
from convpipe.cli.window import Samples, grid, ranked, under
from convpipe.ops import Map, Rank, Stencil, dtype_range
from convpipe.stages.wiring import IMAGE

if TYPE_CHECKING:
    from convpipe.cli.pixel import Pixel
    from convpipe.plan import Plan, StagePlan


def plain_plan(pixel: Pixel, position: int) -> Plan | None:
    """Return the plan as it would be if every sample counted; None if the stage is as in that."""
    from convpipe.plan import Settings, make_plan

    plan, whole = pixel.plan, pixel.pipeline
    if len(pixel.stage.nodes) == 1 or not (plan.alpha or plan.missing):
        return None
    colours = plan.image_channels - plan.alpha
    settings = Settings(whole.border)
    plain = make_plan(whole.wiring, plan.input, settings, channels=colours, dtype=plan.dtype)
    return plain if len(plain.stages[position].nodes) < len(pixel.stage.nodes) else None


def is_weighed(stage: StagePlan) -> bool:
    """Tell whether a stage is one window, whose arithmetic :func:`weigh` prints."""
    window = stage.nodes[0].ops[0]
    if len(stage.nodes) > 1 or not isinstance(window, Stencil | Rank) or window.kernel == (1, 1):
        return False
    return isinstance(window, Stencil) or bool(window.footprint[window.centre])


def weigh(pixel: Pixel, stage: StagePlan) -> None:
    """Print the window of a pixel, what its samples count, and the sums that both give.

    Parameters
    ----------
    pixel : Pixel
    stage : StagePlan
        Of :func:`plain_plan`, one window.
    """
    window = stage.nodes[0].ops[0]
    assert isinstance(window, Stencil | Rank)
    if pixel.plan.alpha and pixel.channel == stage.channels:
        emit("alpha is passed on from the centre of the window")
        return
    source = stage.inputs[0]
    samples, counts = pixel.after(source), counts_of(pixel, source)
    at = min(pixel.channel, counts.shape[2] - 1)
    values, outside = under(samples, replace(window, opaque=None), pixel.places())
    shares, _ = under(counts, replace(window, value=1.0), pixel.places())
    share = shares[..., at]
    seen = np.where(share > 0, values[..., pixel.channel], np.nan)
    emit(rule(pixel))
    grid("window, nan where a sample counts for nothing", seen, outside)
    grid("what they count", share, outside)
    known = np.where(share > 0, seen, 0)
    stood = float(known[window.centre])
    if isinstance(window, Rank):
        emit(f"what counts for nothing has the value of the pixel itself, {stood:.6g}")
        ranked(window, np.where(share > 0, seen, stood))
        return
    for name, bank in zip(window.names, window.banks, strict=True):
        grid(f"taps of {name}", bank.weights)
        weighted, counted = float((bank.weights * share * known).sum()), float((bank.weights * share).sum())
        emit(f"taps x counts x samples = {weighted:.6g}; taps x counts = {counted:.6g}")
        if window.mean:
            mean = f" = {weighted / counted:.6g}" if counted > 0 else ", of nothing: it is missing"
            emit(f"{name} = {weighted:.6g} / {counted:.6g}{mean}")
            continue
        total = float(bank.weights.sum())
        value = weighted + stood * (total - counted)
        emit(f"{name} = {weighted:.6g} + {stood:.6g} * ({total:.6g} - {counted:.6g}) = {value:.6g}")


def rule(pixel: Pixel) -> str:
    """Return how far samples count."""
    if pixel.plan.missing:
        return "samples count as far as they are there"
    return "colours count as far as they are opaque"


def counts_of(pixel: Pixel, source: int) -> Samples:
    """Return what the samples of a stage, or of the image, count; of one channel that counts for all."""
    plan, samples = pixel.plan, pixel.after(source)
    if plan.alpha:
        return np.asarray(np.clip(np.nan_to_num(samples[..., -1:]) / dtype_range(plan.dtype).high, 0, 1))
    if source != IMAGE:
        return _between(pixel, source)
    there = np.ones(samples.shape)
    missing = plan.missing and plan.missing.of(plan.dtype)
    if missing and missing.value is not None:
        gone = np.isnan(samples) if np.isnan(missing.value) else samples == missing.value
        there[gone] = 0
    if pixel.mask is not None:
        there[pixel.mask == 0] = 0
    return there


def _between(pixel: Pixel, source: int) -> Samples:
    """Return what the samples count that a stage gives: where its result is filled, that is read."""
    from convpipe.compile.cpu.graphs import GraphExecutable, compile_plan
    from convpipe.engine import with_mask
    from convpipe.plan import Output

    pixels, mask = pixel.pixels, pixel.mask
    engine = pixel.up_to(source)
    plan = engine.plan(pixels.shape, pixels.dtype.name, nodata=pixel.nodata, masked=mask is not None)
    filling = plan.nodes[-1]
    first = filling.ops[0]
    assert isinstance(first, Map)
    counts = Output("counts", filling.inputs[first.inputs.index("c")], plan.compute)
    run = compile_plan(replace(plan, beside=(counts,)))
    assert isinstance(run, GraphExecutable)
    results, _ = run.outputs(pixels if mask is None else with_mask(pixels, mask, alpha=False))
    return np.atleast_3d(results["counts"]).astype(float)

"""The arithmetic of a window that weighs samples by what they count."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from convpipe.explain.account import Grid
from convpipe.explain.coverage import counts_of
from convpipe.explain.window import places_of, ranked, sources_under, under
from convpipe.ops import Rank, Stencil

if TYPE_CHECKING:
    from convpipe.explain.account import Account, Samples
    from convpipe.explain.pixel import Pixel
    from convpipe.plan import Plan, StagePlan


def plain_plan(pixel: Pixel) -> Plan | None:
    """Return the plan as it would be if every sample counted; None if the stage is as in that."""
    from convpipe.plan import Settings, make_plan

    plan, whole = pixel.plan, pixel.run.pipeline
    if len(pixel.stage.nodes) == 1 or not (plan.alpha or plan.missing):
        return None
    colours = plan.image_channels - plan.alpha
    settings = Settings(whole.border)
    plain = make_plan(whole.wiring, plan.input, settings, channels=colours, dtype=plan.dtype)
    return plain if len(plain.stages[pixel.position].nodes) < len(pixel.stage.nodes) else None


def is_weighed(stage: StagePlan) -> bool:
    """Tell whether a stage is one window, whose arithmetic :func:`weigh` says."""
    window = stage.nodes[0].ops[0]
    if len(stage.nodes) > 1 or not isinstance(window, Stencil | Rank) or window.kernel == (1, 1):
        return False
    return isinstance(window, Stencil) or bool(window.footprint[window.centre])


def weigh(pixel: Pixel, stage: StagePlan) -> None:
    """Show the window of a pixel, what its samples count, and the sums that both give.

    Parameters
    ----------
    pixel : Pixel
    stage : StagePlan
        Of :func:`plain_plan`, one window.
    """
    account, window = pixel.account, stage.nodes[0].ops[0]
    assert isinstance(window, Stencil | Rank)
    if pixel.is_alpha:
        account.say("alpha is passed on from the centre of the window")
        return
    source = stage.inputs[0]
    samples, counts = pixel.run.after(source), counts_of(pixel.run, source)
    at = min(pixel.channel, counts.shape[2] - 1)
    places = places_of(stage.axes, pixel.at)  # of the plain stage: windows that weigh may be cut in two
    values, outside = under(samples, replace(window, opaque=None), places)
    shares, _ = under(counts, replace(window, value=1.0), places)
    share = shares[..., at]
    seen = np.where(share > 0, values[..., pixel.channel], np.nan)
    account.say(rule(pixel))
    sources = sources_under(samples, window, places, pixel.source(source))
    account.add(Grid("window, nan where a sample counts for nothing", seen, outside, sources, places))
    account.add(Grid("what they count", share, outside, places=places))
    known = np.where(share > 0, seen, 0)
    if isinstance(window, Rank):
        stood = float(known[window.centre])
        account.say(f"what counts for nothing has the value of the pixel itself, {stood:.6g}")
        ranked(window, np.where(share > 0, seen, stood), account)
    else:
        _summed(window, known, share, account)


def _summed(window: Stencil, known: Samples, share: Samples, account: Account) -> None:
    """Show the sums of samples by what they count, and what is made up for those that count less."""
    stood = float(known[window.centre])
    for name, bank in zip(window.names, window.banks, strict=True):
        account.grid(f"taps of {name}", bank.weights)
        weighted, counted = float((bank.weights * share * known).sum()), float((bank.weights * share).sum())
        account.say(f"taps x counts x samples = {weighted:.6g}; taps x counts = {counted:.6g}")
        if window.mean:
            mean = f" = {weighted / counted:.6g}" if counted > 0 else ", of nothing: it is missing"
            account.say(f"{name} = {weighted:.6g} / {counted:.6g}{mean}")
            continue
        total = float(bank.weights.sum())
        value = weighted + stood * (total - counted)
        account.say(f"{name} = {weighted:.6g} + {stood:.6g} * ({total:.6g} - {counted:.6g}) = {value:.6g}")


def rule(pixel: Pixel) -> str:
    """Return how far samples count."""
    if pixel.plan.missing:
        return "samples count as far as they are there"
    return "colours count as far as they are opaque"

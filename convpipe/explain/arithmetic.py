"""The arithmetic of one output pixel of a stage, from what it reads to what is stored."""

from __future__ import annotations

from convpipe.explain.account import Grid
from convpipe.explain.apart import filtered, stands_apart
from convpipe.explain.covered import is_weighed, plain_plan, rule, weigh
from convpipe.explain.pixel import Pixel
from convpipe.explain.pointwise import converted, mixed
from convpipe.explain.steps import has_steps, places_in, reads, walk
from convpipe.explain.window import area, border_of, ranked, sources_under, taps_of, under, weighed
from convpipe.interval import Interval
from convpipe.ops import (
    Alpha,
    Bilateral,
    Cast,
    ChannelMap,
    Layer,
    Lookup,
    Map,
    Mix,
    Rank,
    Turn,
    statistics,
)
from convpipe.plan import Plan, StagePlan
from convpipe.stages.wiring import IMAGE

_WEIGHTED = "colours are weighted by alpha: multiplied by it, filtered, divided by filtered alpha"


def explain(pixel: Pixel) -> None:
    """Say of a pixel its window, taps, sums, what is done with them, and what is stored."""
    pixel.account.say(_heading(pixel))
    stage = pixel.stage
    weighted = isinstance(stage.nodes[0].ops[0], Alpha)
    if plain := plain_plan(pixel):
        _covered(pixel, plain)
    elif has_steps(stage) and not pixel.plan.missing and (weighted or not pixel.plan.alpha):
        if weighted:
            pixel.account.say(_WEIGHTED)
        walk(pixel)
        pixel.given()
    elif len(stage.nodes) > 1 or stage.nodes[0].is_join or stage.nodes[0].apart:
        _joined(pixel)
    else:
        _single(pixel)


def _heading(pixel: Pixel) -> str:
    """Return which pixel it is, and what it depends on."""
    stage = pixel.stage
    name = f", {pixel.names(stage.channels)[pixel.channel]}" if stage.channels > 1 else ""
    row, col = pixel.at
    return f"output pixel ({row}, {col}) of {stage.place}, {stage.name}{name}:{_region(pixel)}"


def _region(pixel: Pixel) -> str:
    """Return which rows and columns of its input the pixel depends on; '' of what stands apart."""
    stage = pixel.stage
    if stage.nodes[0].apart:
        return ""
    if len(stage.nodes) == 1:
        rows, cols = pixel.places
    else:
        region = reads(pixel)[stage.nodes[0].inputs[0]]
        if not all(region):
            return " a constant border"
        rows, cols = map(places_in, region)
    return f" {area(rows, cols)} of its input"


def _single(pixel: Pixel) -> None:
    """Show a stage of one window, or of a line across the channels of a pixel."""
    stage, entering = pixel.stage, pixel.entering
    sums: dict[str, float] = {}
    if mix := next((op for op in stage.ops if isinstance(op, Mix)), None):
        one, _ = under(entering, stage.nodes[0].window, pixel.places)
        mixed(mix, one[0, 0], pixel)
    elif lines := next((op for op in stage.ops if isinstance(op, ChannelMap)), None):
        one, _ = under(entering, stage.nodes[0].window, pixel.places)
        converted(lines, one[0, 0], pixel)
    else:
        sums = _window(pixel)
    pixel.maps(stage.ops)
    pixel.given(_rounding(pixel, sums))


def _window(pixel: Pixel) -> dict[str, float]:
    """Show the window, and what is made of it; return that by name, where the value is made of it."""
    account, slid, entering = pixel.account, pixel.stage.nodes[0].window, pixel.entering
    sources = sources_under(entering, slid, pixel.places, pixel.source(pixel.stage.inputs[0]))
    premultiplied = any(isinstance(op, Alpha) for op in pixel.stage.ops)
    names = pixel.names(entering.shape[2])
    window, outside = under(entering, slid, pixel.places)
    samples = window[..., pixel.channel]
    title = names[pixel.channel] if len(names) > 1 else "window"
    if pixel.is_alpha and slid.keep_alpha:
        account.say("alpha is passed on from the centre of the window")
        return {}
    weighted = premultiplied and not pixel.is_alpha
    if weighted:
        account.say(_WEIGHTED)
        account.add(Grid("window of alpha", window[..., -1], outside, places=pixel.places))
        samples = samples * window[..., -1]
        title = f"{title} x alpha"
    title = title if title == "window" else f"window of {title}"
    border = border_of(slid) if outside.any() else None
    account.add(Grid(title, samples, outside, sources, pixel.places, border))
    if isinstance(slid, Rank):
        return ranked(slid, samples, account)
    if isinstance(slid, Bilateral):
        colours = window[..., :-1] if slid.keep_alpha else window
        return weighed(slid, colours, pixel.channel, account)
    taps = dict(zip(slid.names, taps_of(slid, pixel.at), strict=True))
    for name, weights in taps.items():
        account.grid(f"taps of {name}", weights)
        account.products(f"{name} =", samples, weights)
        if weighted:
            account.products("divided by alpha =", window[..., -1], weights)
    if premultiplied:
        return {}
    return {name: float((samples * weights).sum()) for name, weights in taps.items()}


def _rounding(pixel: Pixel, sums: dict[str, float]) -> str:
    """Say what the sums that were shown give in exact arithmetic, if rounding can be seen."""
    ops = pixel.stage.ops
    if not sums or any(statistics(op) or isinstance(op, Lookup) for op in ops):
        return ""
    found = {name: Interval(sum, sum) for name, sum in sums.items()}
    for op in ops:
        if isinstance(op, Map):
            single = len(found) == 1  # whatever its name
            given = {op.inputs[0]: next(iter(found.values()))} if single else found
            found = {"r": op.range(given)}
    (exact,) = found.values()
    middle = (exact.low + exact.high) / 2
    if any(isinstance(op, Cast) for op in ops) or f"{middle:.6g}" == f"{pixel.value:.6g}":
        return ""
    return f" (of these sums {middle:.6g}; {pixel.plan.compute} rounds on the way)"


def _joined(pixel: Pixel) -> None:
    """Show what a stage that combines several images reads, its expressions, and what they give."""
    first = pixel.stage.nodes[0]
    op = first.ops[0]
    if isinstance(op, Layer):
        filtered(op, pixel)
    elif not isinstance(op, Turn) or len(pixel.stage.nodes) == 1:
        stands_apart(first, pixel.at, pixel.account)
    _read(pixel, pixel.plan, pixel.stage)
    pixel.maps(pixel.stage.ops)
    pixel.given()


def _covered(pixel: Pixel, plain: Plan) -> None:
    """Show what a stage makes of samples of which some are missing, or hidden by alpha."""
    stage = plain.stages[pixel.position]
    if is_weighed(stage):
        weigh(pixel, stage)
    elif pixel.is_alpha:
        pixel.account.say("alpha is that of the pixel")
    else:
        pixel.account.say(rule(pixel))
        _read(pixel, plain, stage)
    pixel.maps(stage.ops)
    pixel.given()


def _read(pixel: Pixel, plan: Plan, stage: StagePlan) -> None:
    """Say which images a stage combines, and their values where the pixel lies."""
    first = stage.nodes[0]
    op = first.ops[0]
    if not (first.is_join and isinstance(op, Map)):
        return
    for symbol, node in zip(op.inputs, first.inputs, strict=True):
        source = IMAGE if node == IMAGE else plan.stage_of(node)
        name = "input" if source == IMAGE else plan.stages[source].name
        read = pixel.run.after(source)
        if first.extent == stage.extent:  # else a stride or padding follows, and pixels move
            value = read[(*pixel.at, min(pixel.channel, read.shape[2] - 1))]
            pixel.account.say(f"{symbol} is {name}: {value:.6g}", pixel.source(source, *pixel.at))
        else:
            pixel.account.say(f"{symbol} is {name}")

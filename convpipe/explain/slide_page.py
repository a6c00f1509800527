"""A window that slides, as a page with its steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.drawing.markup import Markup, tag
from convpipe.explain.page import footer, header, key, page
from convpipe.explain.slide import Slide, Step
from convpipe.explain.text import number
from convpipe.explain.track import Track


def slide_page(slide: Slide) -> str:
    """Return a page on which a slide goes step by step, by keys, buttons and a scrubber, or by itself.

    Examples
    --------
    >>> from convpipe import Pipeline
    >>> from convpipe.explain.run import Run
    >>> from convpipe.explain.slide import slide
    >>> stage = {"custom": "<sum>", "kernel": [[1, 1], [1, 1]]}
    >>> text = slide_page(slide(Run(Pipeline.from_dict({"stages": [stage]}), np.ones((4, 4))), 0))
    >>> "<h1>stage 0: custom &lt;sum&gt;</h1>" in text, "<sum>" in text
    (True, False)
    """
    parts = [
        header(slide.title, _subtitle(slide)),
        tag(
            "main",
            tag("div", id="grids", class_="grids"),
            _controls(),
            tag("div", id="said", class_="said numbers", aria_live="polite"),
            tag("h2", "How large is the output?"),
            tag("dl", _formulas(slide), class_="formula numbers"),
            tag("p", _letters(slide), class_="muted"),
            _legend(slide),
        ),
        footer(
            *(key("\u2190"), " ", key("\u2192"), " one step, ", key("space"), " plays and pauses, "),
            *(key("Home"), " and ", key("End"), " are the first step and the last."),
        ),
    ]
    return page(slide.title, parts, _data(slide), "slide")


def _controls() -> Markup:
    """Return what goes from step to step."""
    buttons = [
        tag("button", shown, id=name, type="button", aria_label=label, class_=kind)
        for name, shown, label, kind in (
            ("first", "|<", "First step", None),
            ("back", "<", "One step back", None),
            ("play", "Play", None, "main"),
            ("next", ">", "One step on", None),
            ("last", ">|", "Last step", None),
        )
    ]
    speeds = (("0.5", "half speed"), ("1", "normal speed"), ("3", "fast"))
    options = [tag("option", name, value=value, selected=value == "1") for value, name in speeds]
    return tag(
        "div",
        buttons,
        tag("input", id="scrubber", type="range", min=0, value=0, step=1, aria_label="Step"),
        tag("output", id="count", for_="scrubber"),
        tag("select", options, id="speed", aria_label="Speed"),
        class_="controls",
        role="group",
        aria_label="Steps",
    )


def _legend(slide: Slide) -> Markup:
    """Say what the colours mean that are there."""
    meanings = (
        ("lit", "under a tap", True),
        ("padding", f"padding, {slide.border}", bool(slide.outside.any())),
        ("made", "output that is made", True),
        ("unread", "read by no window", not slide.read.all()),
        ("misfit", "a window that does not fit", any(step.at is None for step in slide.steps)),
    )
    shown = [tag("li", tag("span", class_=f"key {kind}"), said) for kind, said, there in meanings if there]
    return tag("ul", shown, class_="legend", aria_label="What the colours mean")


def _subtitle(slide: Slide) -> str:
    """Return sizes and how the window moves, in words."""
    tracks = slide.rows, slide.cols
    sizes = "x".join(str(track.size) for track in tracks)
    kernel = "x".join(str(track.axis.kernel) for track in tracks)
    made = "x".join(str(track.axis.output(track.size)) for track in tracks)
    parts = [f"{sizes} input", f"{kernel} window", f"stride {_pair([track.axis.stride for track in tracks])}"]
    pads = [(track.axis.before, track.axis.after) for track in tracks]
    parts.append(
        f"padding {_pair([_pair(list(pad)) for pad in pads])}" if any(map(any, pads)) else "no padding"
    )
    if any(track.axis.dilation > 1 for track in tracks):
        parts.append(f"dilation {_pair([track.axis.dilation for track in tracks])}")
    return f"{', '.join(parts)}: {made} output{'' if slide.is_whole else ', of which a part is shown'}"


def _pair(values: list[Any]) -> str:
    """Return values that are the same as one, and others side by side."""
    return str(values[0]) if len(set(values)) == 1 else " and ".join(map(str, values))


def _letters(slide: Slide) -> str:
    """Say what the letters of the formula mean."""
    axes = slide.rows.axis, slide.cols.axis
    padding = (
        "p of padding at each end"
        if all(axis.before == axis.after for axis in axes)
        else "p and q of padding"
    )
    parts = [padding] if any(axis.before or axis.after for axis in axes) else []
    parts = ["M samples", *parts, "a window of K taps"]
    parts += ["d samples from tap to tap"] if any(axis.dilation > 1 for axis in axes) else []
    return f"{', '.join(parts)} that moves by s; what the floor drops is where it would not fit."


def _formulas(slide: Slide) -> Iterator[Markup]:
    for name, formula in slide.formulas.items():
        steps = [
            formula.symbols,
            f"= {formula.numbers}",
            *(f"= {step}" for step in formula.steps.split(" = ")),
        ]
        yield tag("dt", name)
        yield tag("dd", [tag("span", _typeset(step)) for step in steps])


def _typeset(text: str) -> str:
    return text.replace("*", "\u00b7").replace(" - ", " \u2212 ")


def _data(slide: Slide) -> dict[str, Any]:
    """Return what the script shows, numbers as texts."""
    return {
        "input": "input and padding" if slide.outside.any() else "input",
        "tracks": [_track(slide.rows), _track(slide.cols)],
        "values": _texts(slide.values),
        "outside": slide.outside.astype(int).tolist(),
        "read": slide.read.astype(int).tolist(),
        "kernels": [_kernel(slide, k) for k in range(len(slide.kernels))],
        "outputs": _texts(slide.outputs),
        "steps": [
            {"at": step.at, "corner": step.corner, "lines": step.lines, "products": _products(slide, step)}
            for step in slide.steps
        ],
    }


def _track(track: Track) -> dict[str, int]:
    return {
        "kernel": track.axis.kernel,
        "dilation": track.axis.dilation,
        "first": track.places.start,
        "places": len(track.places),
        "output": track.outputs.start,
        "outputs": len(track.outputs),
    }


def _kernel(slide: Slide, k: int) -> dict[str, Any]:
    name, taps = slide.kernels[k]
    title = "kernel" if len(slide.kernels) == 1 else f"taps of {name}"
    shown = [text for step in slide.steps if step.at for line in _products(slide, step)[k] for text in line]
    return {
        "title": "footprint" if slide.ranked else title,
        "products": "samples of it" if slide.ranked else "products",
        "taps": _texts(taps),
        "widest": max(shown, key=len),
    }


def _products(slide: Slide, step: Step) -> list[list[list[str]]]:
    """Return what each kernel makes of the samples under it; of ranks the samples that count."""
    if step.samples is None:
        return []
    if slide.ranked:
        footprint = slide.kernels[0][1] > 0
        return [
            [
                [number(x) if used else "" for x, used in zip(*line, strict=True)]
                for line in zip(step.samples, footprint, strict=True)
            ]
        ]
    return [_texts(step.samples * taps) for _, taps in slide.kernels]


def _texts(values: NDArray[Any]) -> list[list[str]]:
    return [[number(value) for value in line] for line in np.asarray(values, float)]

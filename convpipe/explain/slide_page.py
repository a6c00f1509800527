"""A window that slides, as a page with its steps."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.explain.page import asset, page, release
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
    misfit = any(step.at is None for step in slide.steps)
    body = Template(asset("slide.html")).substitute(
        title=escape(slide.title),
        subtitle=escape(_subtitle(slide)),
        formulas="".join(_formulas(slide)),
        letters=escape(_letters(slide)),
        border=escape(slide.border),
        padded=_hidden(not slide.outside.any()),
        unread=_hidden(bool(slide.read.all())),
        misfit=_hidden(not misfit),
        version=release(),
    )
    styles, scripts = ("base.css", "slide.css"), ("grid.js", "slide.js")
    return page(escape(slide.title), body, _data(slide), styles=styles, scripts=scripts)


def _hidden(hidden: bool) -> str:
    return "hidden" if hidden else ""


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
    whole = all(track.is_whole for track in tracks)
    return f"{', '.join(parts)}: {made} output{'' if whole else ', of which a part is shown'}"


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
    parts += ["a window of K taps"]
    parts += ["d samples from tap to tap"] if any(axis.dilation > 1 for axis in axes) else []
    return f"{', '.join(parts)} that moves by s; what the floor drops is where it would not fit."


def _formulas(slide: Slide) -> Iterator[str]:
    for name, formula in slide.formulas.items():
        parts = f"= {formula.numbers}", *(f"= {step}" for step in formula.steps.split(" = "))
        spans = "".join(f"<span>{escape(_typeset(part))}</span>" for part in (formula.symbols, *parts))
        yield f"<dt>{name}</dt><dd>{spans}</dd>"


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

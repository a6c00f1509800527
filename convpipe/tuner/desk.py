"""What the server has done for the page: changes, pictures, numbers, one by one, on a thread of its own."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convpipe.display import Shown, Values
from convpipe.engine import Engine
from convpipe.errors import ConvpipeError, ParameterError
from convpipe.plan.demand import Span
from convpipe.tuner.drawing import drawn, histogram, rounded
from convpipe.tuner.session import Session
from convpipe.tuner.state import finite, state
from convpipe.tuner.viewer import Seen, View

MOST_PIXELS = 1 << 24
"""Most pixels of a picture for a canvas."""

MOST_NUMBERS = 1 << 14
"""Most numbers that are sent as such."""


class StaleError(ConvpipeError):
    """Something newer was asked for meanwhile."""


class Desk:
    """Does one thing after the other, while the server goes on answering.

    Parameters
    ----------
    session : Session

    Attributes
    ----------
    doing : str
        What is going on: ``compiling``, ``running``, or nothing.
    worker : Executor
        Where all methods but :meth:`ask` are to be called.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.doing = ""
        self.worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tune")
        self._asked: dict[str, int] = {}
        session.sign = self._sign

    def _sign(self, text: str) -> None:
        self.doing = text

    def ask(self, request: Mapping[str, Any]) -> None:
        """Note which request of a kind is the newest: older ones are dropped."""
        lane, count = str(request.get("lane", "")), request.get("count", 0)
        if isinstance(count, int):
            self._asked[lane] = max(self._asked.get(lane, 0), count)

    def _check_new(self, request: Mapping[str, Any]) -> None:
        count = request.get("count", 0)
        if isinstance(count, int) and count < self._asked.get(str(request.get("lane", "")), 0):
            raise StaleError("something newer was asked for")

    def state(self) -> dict[str, Any]:
        """Return the session."""
        return state(self.session)

    def change(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Make a change, and return the session."""
        self._change(request)
        return state(self.session)

    def _change(self, request: Mapping[str, Any]) -> None:
        session = self.session
        match request.get("op"):
            case "undo":
                session.undo()
            case "redo":
                session.redo()
            case "reload":
                session.reload()
            case "choose":
                session.choose(self._sample(request))
            case "save":
                session.save(request.get("force") is True)
            case _:
                session.edit(request)

    def _sample(self, request: Mapping[str, Any]) -> int:
        at, count = request.get("sample", self.session.current), len(self.session.samples)
        if not isinstance(at, int) or isinstance(at, bool) or not 0 <= at < count:
            raise ParameterError(f"sample needs an int from 0 to {count - 1}; given {at!r}", "sample")
        return at

    def picture(self, request: Mapping[str, Any]) -> bytes:
        """Return a picture, after a change, if the request has one.

        Returns
        -------
        bytes
            The length of some JSON, as 4 bytes, least first; the JSON; and the pixels.
        """
        change = request.get("change")
        about: dict[str, Any] = {}
        pixels: NDArray[np.uint8] | None = None
        try:
            if isinstance(change, Mapping):
                self._change(change)
                about["state"] = state(self.session)
            self._check_new(request)
            made, pixels = self._picture(request)
        except ConvpipeError as error:
            kind = "stale" if isinstance(error, StaleError) else "refused"
            made = {"error": str(error), "kind": kind}
        text = json.dumps(finite({**about, **made}), allow_nan=False).encode()
        data = b"" if pixels is None else pixels.data
        return b"".join([struct.pack("<I", len(text)), text, data])

    def _picture(self, request: Mapping[str, Any]) -> tuple[dict[str, Any], NDArray[np.uint8]]:
        seen, shown, dtype, engine = self._seen(request)
        held = seen.values if seen.step != (1, 1) else rounded(seen.values, dtype)
        kind = dtype if np.dtype(dtype).kind in "biu" else shown.pixels.dtype.name
        values = Values(held, kind, shown.alpha, shown.gap(engine), seen.labels)
        made = drawn(values, request.get("stretch") is True)
        rows, cols = (len(span) for span in seen.region)
        about = {
            "rows": rows,
            "cols": cols,
            "top": seen.region[0].first,
            "left": seen.region[1].first,
            "extent": list(seen.extent),
            "step": list(seen.step),
            "channels": made.pixels.shape[2],
            "seconds": seen.seconds,
            "estimated": seen.is_estimated,
            "black": made.stretch.black,
            "white": made.stretch.white,
            "stretched": bool(made.stretch.note),
            "notes": list(made.notes),
            "sees_through": shown.alpha or shown.gap(engine) is not None,
            "dtype": dtype,
        }
        return about, made.pixels

    def _seen(self, request: Mapping[str, Any]) -> tuple[Seen, Shown, str, Engine]:
        """Return what a request looks at, the image, the type of what it sees, and what makes it."""
        sample = self._sample(request)
        viewer = self.session.viewer(sample)
        request = _fitted(request, viewer.shown)
        view = _view(request, len(viewer.stages))
        if view.region is not None and len(view.region[0]) * len(view.region[1]) > MOST_PIXELS:
            raise ParameterError(f"a picture has at most {MOST_PIXELS} pixels", "rows")
        seen = viewer.look(view, lambda: self._check_new(request))
        if seen.values.shape[0] * seen.values.shape[1] > MOST_PIXELS:
            raise ParameterError(f"a picture has at most {MOST_PIXELS} pixels", "reduced")
        return seen, viewer.shown, viewer.dtype_of(view.stage), viewer.engine

    def histogram(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return how many values there are of each in what a request looks at."""
        self._check_new(request)
        seen, shown, dtype, _ = self._seen(request)
        return finite(histogram(seen.values, dtype, shown.alpha))  # type: ignore[no-any-return]

    def values(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of some pixels: of the last stage as they are stored."""
        self._check_new(request)
        seen, _, dtype, _ = self._seen({**request, "reduced": 1, "size": None})
        if seen.values.size > MOST_NUMBERS:
            raise ParameterError(f"at most {MOST_NUMBERS} numbers are sent", "rows")
        values = rounded(seen.values, dtype).astype(np.float64)
        top, left = (span.first for span in seen.region)
        return finite({"top": top, "left": left, "values": values.tolist()})  # type: ignore[no-any-return]

    def time(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return how long the compiled run of the whole image takes."""
        self._check_new(request)
        return {"seconds": self.session.viewer(self._sample(request)).time()}

    def python(self) -> dict[str, Any]:
        """Return the pipeline as Python."""
        return {"text": self.session.to_python()}


def _fitted(request: Mapping[str, Any], shown: Shown) -> Mapping[str, Any]:
    """Return a request for a picture of a side with its factor."""
    side = request.get("fit")
    if not isinstance(side, int) or isinstance(side, bool) or side < 1:
        return request
    return {**request, "reduced": max(1, max(shown.pixels.shape[:2]) // side)}


def _view(request: Mapping[str, Any], stages: int) -> View:
    """Return the view that a request asks for; of a stage that is not there the last."""
    last = stages - 1
    stage, focus = _number(request, "stage", last), _number(request, "focus", -1)
    region = None
    if "rows" in request and "cols" in request:
        top, left = (_number(request, name, 0) for name in ("top", "left"))
        rows, cols = (max(1, _number(request, name, 1)) for name in ("rows", "cols"))
        region = Span(top, top + rows - 1), Span(left, left + cols - 1)
    reduced = max(1, _number(request, "reduced", 1))
    return View(
        min(max(stage, -1), last),
        region,
        reduced,
        focus if 0 <= focus <= last else None,
        _size(request),
        request.get("estimates") is True,
    )


def _size(request: Mapping[str, Any]) -> tuple[int, int] | None:
    size = request.get("size")
    if size is None:
        return None
    if not isinstance(size, list) or len(size) != 2 or not all(type(side) is int for side in size):
        raise ParameterError(f"size needs rows and columns; given {size!r}", "size")
    return max(1, min(size[0], 1 << 12)), max(1, min(size[1], 1 << 12))


def _number(request: Mapping[str, Any], name: str, default: int) -> int:
    value = request.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 1 << 31:
        raise ParameterError(f"{name} needs an int; given {value!r}", name)
    return value

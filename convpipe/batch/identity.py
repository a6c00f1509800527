"""What decides the bytes of a result, beside its image: two runs of the same identity agree."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Protocol

from convpipe import __version__
from convpipe.dataclass import dataclass
from convpipe.geometry import Border
from convpipe.measures import Gauge
from convpipe.stages import Stage
from convpipe.stages.wiring import Wiring

FORMAT = 2
"""Version of the journal's lines."""


class Recipe(Protocol):
    """What a pipeline was made of."""

    @property
    def wiring(self) -> Wiring:
        """The filters, and which of them each reads."""

    border: Border
    dtype: str | None
    missing: float | str | None
    backend: str


@dataclass(frozen=True)
class Identity:
    """Who makes results: a journal's records count only for runs that agree in all of it.

    Parameters
    ----------
    format : int
        Of the journal's lines.
    version : str
        Of convpipe.
    config : str
        Hash of :func:`settings`.
    backend : str
    """

    format: int
    version: str
    config: str
    backend: str

    @classmethod
    def of(cls, recipe: Recipe, settings: Mapping[str, Any]) -> Identity:
        """Return the identity of a run with these settings."""
        text = json.dumps(settings, sort_keys=True, separators=(",", ":"))
        return cls(FORMAT, __version__, hashlib.sha256(text.encode()).hexdigest(), recipe.backend)

    def difference(self, other: Identity) -> str:
        """Say in what `other` differs, for a message."""
        if self.format != other.format:
            return f"its format is {other.format}, not {self.format}"
        if self.version != other.version:
            return f"convpipe {other.version} wrote it, this is {self.version}"
        if self.backend != other.backend:
            return f"it was written on {other.backend}, not {self.backend}"
        return "its stages or output options are others"


@dataclass(frozen=True)
class Maker:
    """A run of a job over one input: only results of its own may it replace without being told to.

    Parameters
    ----------
    identity : Identity
    root : str
        The input folder, all links followed.
    """

    identity: Identity
    root: str

    def difference(self, other: Maker) -> str:
        """Say in what `other` differs, for a message."""
        if self.identity != other.identity:
            return self.identity.difference(other.identity)
        return f"it filtered another input, {other.root!r}"


def settings(recipe: Recipe, gauge: Gauge | None = None, **output: Any) -> dict[str, Any]:
    """Return the resolved config as plain data: defaults filled in, names of stages left out.

    Which stages others read, and which give results, is said by their positions. What a chain does not need
    is left out, as it was in journals before there were graphs.

    Parameters
    ----------
    recipe : Recipe
    gauge : Gauge, optional
        What is measured.
    **output
        Options of reading and encoding.

    Examples
    --------
    >>> import convpipe
    >>> pipeline = convpipe.Pipeline([convpipe.stage("edge", "sobel", name="outlines")])
    >>> plain = settings(pipeline, format="png")
    >>> plain["border"], plain["stages"][0]["edge"], plain["stages"][0]["stride"], plain["output"]
    ('reflect', 'sobel', [1, 1], {'format': 'png'})
    """
    wiring = recipe.wiring if gauge is None else gauge.wiring
    outputs = wiring.outputs
    return {
        "stages": list(map(_stage, wiring.stages)),
        **({} if wiring.is_chain else {"reads": _plain(wiring.reads)}),
        **({"outputs": dict(outputs)} if len(outputs) > 1 else {}),
        "border": recipe.border.name.lower(),
        "dtype": recipe.dtype,
        **({} if recipe.missing is None else {"missing": recipe.missing}),
        **({} if gauge is None else {"measure": gauge.settings}),
        "output": _plain(output),
    }


def _stage(stage: Stage) -> dict[str, Any]:
    newer = [name for name in ("like", "axis") if name not in stage.given_common]  # than some journals
    idle = ("name", "from", *newer)
    common = {name: value for name, value in stage.common.items() if name not in idle}
    return {stage.method.family: stage.method.name, **_plain({**common, **stage.parameters})}


def _plain(value: Any) -> Any:
    """Return what JSON can hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Border):
        return value.name.lower()
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)

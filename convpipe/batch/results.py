"""The results that a job makes of every image: what each is called, where it lies, and how it is encoded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from convpipe import images
from convpipe.errors import WriteError
from convpipe.plan import Plan
from convpipe.stages.wiring import RESULT


@dataclass(frozen=True)
class Encoding:
    """How results are encoded; what is None is left to others.

    Parameters
    ----------
    format : str, optional
    quality, compression : int, optional
        For formats that have them.
    """

    format: str | None = None
    quality: int | None = None
    compression: int | None = None

    def over(self, other: Encoding) -> Encoding:
        """Return this, and what it does not say as `other` says.

        Examples
        --------
        >>> Encoding("tiff").over(Encoding("jpeg", quality=90))
        Encoding(format='tiff', quality=90, compression=None)
        """
        said = {name: value for name, value in asdict(self).items() if value is not None}
        return Encoding(**{**asdict(other), **said})

    def options(self, format: str) -> dict[str, Any]:
        """Return the format of a result, and those of the options that it has.

        Examples
        --------
        >>> Encoding(quality=90, compression=3).options("jpeg")
        {'format': 'jpeg', 'quality': 90, 'compression': None}
        """
        return {
            "format": format,
            "quality": self.quality if images.FORMATS[format].quality else None,
            "compression": self.compression if images.FORMATS[format].compression else None,
        }


@dataclass(frozen=True)
class Result:
    """One of the results of every image.

    Parameters
    ----------
    name : str
        ``result`` is that of the last stage.
    encoding : Encoding
    """

    name: str
    encoding: Encoding = Encoding()

    @property
    def folder(self) -> Path:
        """Where results of this name lie below the output folder: that of the last stage in itself.

        Examples
        --------
        >>> Result("background").folder.as_posix(), Result("result").folder.as_posix()
        ('background', '.')
        """
        return Path() if self.name == RESULT else Path(self.name)

    def of(self, message: str) -> str:
        """Return what is to be said of this result; that of the last stage needs no name."""
        return message if self.name == RESULT else f"{self.name}: {message}"


def unwritable(plan: Plan, results: Iterable[Result]) -> list[str]:
    """Say which results of a plan no file of their format, or of any where none is named, can hold.

    Parameters
    ----------
    plan : Plan
    results : iterable of Result
        In the order of those of the plan.

    Examples
    --------
    >>> import convpipe
    >>> plan = convpipe.Pipeline([convpipe.stage("blur", "box")], dtype="float16").plan((4, 5))
    >>> unwritable(plan, [Result("result")])
    ['of uint8 images: no format can hold float16 with 1 channel']
    """
    found = []
    for output, result in zip(plan.outputs, results, strict=True):
        try:
            images.check_output(
                result.encoding.format, output.dtype, plan.nodes[output.node].channels, alpha=plan.alpha
            )
        except WriteError as error:
            found.append(f"of {plan.dtype} images: {result.of(error.reason)}")
    return found

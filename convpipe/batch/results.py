"""The results that a job makes of every image: what each is called, where it lies, and how it is encoded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from convpipe import images
from convpipe.dataclass import dataclass
from convpipe.errors import WriteError
from convpipe.images import Encoding, ImageSpec
from convpipe.plan import Plan
from convpipe.stages.wiring import RESULT


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
    >>> unwritable(plan, [Result("result", Encoding("tiff"))])
    ['of uint8 images: tiff cannot hold float16 with 1 channel; npy, npz can']
    """
    found = []
    for output, result in zip(plan.outputs, results, strict=True):
        try:
            spec = ImageSpec(output.dtype, plan.nodes[output.node].channels, plan.alpha)
            format = result.encoding.format
            images.check_output(spec, result.encoding.of(format) if format else Encoding())
        except WriteError as error:
            found.append(f"of {plan.dtype} images: {result.of(error.reason)}")
    return found

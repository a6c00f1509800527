"""How many samples of an image a type could not hold, counted while it was filtered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Losses:
    """Samples that became something else where they were rounded; what saturates the plan says.

    Parameters
    ----------
    nans : int
        NaNs that became 0 in integers; what is missing is NaN, unless a number stands for it.
    overflows : int
        Finite samples that became infinite in float16.

    Examples
    --------
    >>> Losses(nans=2) + Losses(1, 3)
    Losses(nans=3, overflows=3)
    >>> for note in Losses(1, 3).notes:
    ...     print(note)
    1 NaN or missing sample became 0: integers hold neither
    3 samples became infinite: float16 holds up to 65504
    """

    nans: int = 0
    overflows: int = 0

    def __add__(self, other: Losses) -> Losses:
        return Losses(self.nans + other.nans, self.overflows + other.overflows)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was lost, for a person; nothing if nothing was."""
        if not (self.nans or self.overflows):
            return ()
        found = []
        if self.nans:
            samples = "NaN or missing sample" if self.nans == 1 else "NaNs or missing samples"
            found.append(f"{self.nans} {samples} became 0: integers hold neither")
        if self.overflows:
            samples = "1 sample" if self.overflows == 1 else f"{self.overflows} samples"
            found.append(f"{samples} became infinite: float16 holds up to 65504")
        return tuple(found)


NO_LOSSES = Losses()
"""What most images lose; one for all of them, as to make one takes a tenth of a small image's time."""

"""Where a window goes along one axis, and what of it is shown."""

from __future__ import annotations

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError
from convpipe.geometry import Axis

WHOLE = 16
"""Samples with their padding up to which all of an axis is shown; a window that spans more is not."""

PART, OUTPUTS = 12, 6
"""Samples and outputs of the part of a longer axis that is shown, unless the window needs more."""


@dataclass(frozen=True)
class Track:
    """One axis of an image that a window slides along.

    Parameters
    ----------
    axis : Axis
    size : int
        Samples of the image.
    outputs : range
        That are shown.
    places : range
        Of the samples that are shown; negative ones, and those from `size` on, are padding.
    """

    axis: Axis
    size: int
    outputs: range
    places: range

    @classmethod
    def around(cls, axis: Axis, size: int, output: int) -> Track:
        """Return all of an axis, or what is under the windows around an output.

        Raises
        ------
        ParameterError
            The window spans more samples than can be shown.

        Examples
        --------
        >>> track = Track.around(Axis(3, before=1, after=1), 100, 50)
        >>> track.outputs, track.places
        (range(47, 53), range(46, 54))
        """
        if axis.reach > WHOLE:
            raise ParameterError(
                f"an animation shows windows that span up to {WHOLE} samples; given {axis.reach}"
            )
        count, whole = axis.output(size), range(-axis.before, size + axis.after)
        if max(count, len(whole)) <= WHOLE:
            return cls(axis, size, range(count), whole)
        shown = min(OUTPUTS, count, max(PART - axis.reach, 0) // axis.stride + 1)
        first = min(max(output - shown // 2, 0), count - shown)
        outputs = range(first, first + shown)
        return cls(axis, size, outputs, range(*axis.hull(outputs[0], outputs[-1])))

    @property
    def is_whole(self) -> bool:
        """Tell whether all outputs are shown."""
        return len(self.outputs) == self.axis.output(self.size)

    def start(self, output: int) -> int:
        """Return where the window of an output begins."""
        return self.axis.under(output).start

    @property
    def end(self) -> int:
        """Where the window of the last output has ended."""
        last = self.axis.output(self.size) - 1
        return self.axis.hull(last, last)[1]

    @property
    def misfit(self) -> range | None:
        """The places of the window after the last, if it begins on what is shown and ends beyond.

        None, too, where nothing is left over: the last window ends where the padding does.

        Examples
        --------
        >>> Track.around(Axis(2, stride=3), 4, 0).misfit
        range(3, 5)
        >>> Track.around(Axis(2, stride=2), 4, 0).misfit is None
        True
        """
        last = self.axis.output(self.size) - 1
        beyond = self.axis.under(last + 1)
        left_over = self.axis.slack(self.size) % self.axis.stride > 0
        return beyond if left_over and last in self.outputs and beyond.start in self.places else None

    @property
    def read(self) -> list[bool]:
        """Which of the places that are shown any window reads, also one whose output is not shown."""
        taps = {
            place
            for output in range(self.axis.output(self.size))
            for place in self.axis.under(output)
            if place in self.places
        }
        return [place in taps for place in self.places]

"""The output-size formula of one axis, worked through with its numbers."""

from __future__ import annotations

from fractions import Fraction

from convpipe.dataclass import dataclass
from convpipe.geometry import Axis


@dataclass(frozen=True)
class Worked:
    """The formula of the output size of one axis, step by step.

    Parameters
    ----------
    symbols : str
        ``floor((M + 2p - K)/s) + 1``, with a term for dilation or for unequal ends where there are such.
    numbers : str
        The same with the numbers in their places.
    steps : str
        What remains once they are added up, the quotient before it is rounded down, and the result.
    size : int
        The result.
    """

    symbols: str
    numbers: str
    steps: str
    size: int

    def __str__(self) -> str:
        return f"{self.symbols} = {self.numbers} = {self.steps}"


def worked(axis: Axis, size: int) -> Worked:
    """Work through the output size of a window over so many samples.

    That of ``torch.nn.Conv2d``, shorter where taps are neighbours and both ends are padded alike.

    Examples
    --------
    >>> worked(Axis(2, stride=3), 4).numbers
    'floor((4 - 2)/3) + 1'
    >>> print(worked(Axis(2, stride=3, before=1, after=1), 4))
    floor((M + 2p - K)/s) + 1 = floor((4 + 2*1 - 2)/3) + 1 = floor(4/3) + 1 = floor(1.33) + 1 = 2
    >>> print(worked(Axis(2, dilation=3, after=1), 6))
    floor((M + p + q - d*(K - 1) - 1)/s) + 1 = floor((6 + 0 + 1 - 3*(2 - 1) - 1)/1) + 1 = floor(3/1) + 1 = 4
    """
    kernel, span = ("K", f"{axis.kernel}")
    if axis.dilation > 1:
        kernel, span = "d*(K - 1) - 1", f"{axis.dilation}*({axis.kernel} - 1) - 1"
    if axis.before == axis.after:
        padding, added = ("2p", f"2*{axis.before}")
    else:
        padding, added = "p + q", f"{axis.before} + {axis.after}"
    if not (axis.before or axis.after):
        symbols, numbers = f"M - {kernel}", f"{size} - {span}"
    else:
        symbols, numbers = f"M + {padding} - {kernel}", f"{size} + {added} - {span}"
    quotient = Fraction(axis.slack(size), axis.stride)
    steps = f"floor({axis.slack(size)}/{axis.stride}) + 1"
    if quotient.denominator > 1:
        steps += f" = floor({float(quotient):.3g}) + 1"
    return Worked(
        f"floor(({symbols})/s) + 1",
        f"floor(({numbers})/{axis.stride}) + 1",
        f"{steps} = {axis.output(size)}",
        axis.output(size),
    )

"""Contrast: values spread by what the whole image holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from convpipe.errors import ParameterError
from convpipe.expression import renamed
from convpipe.interval import LARGEST, UNBOUNDED, Interval
from convpipe.ops import ChannelMap, Lookup, Op, Reduce
from convpipe.ops.lookup import MOST_ENTRIES
from convpipe.stages.base import ImageKind, method
from convpipe.stages.cube import INTERPOLATIONS, Cube, Table, through
from convpipe.stages.numbers import Count, Number
from convpipe.stages.parameters import Choice
from convpipe.statistics import Cumulative, Statistic

CHANNELS = Choice(
    "channels",
    "by numbers of all colours together, or of each by itself",
    "together",
    choices=("together", "each"),
)


def by_numbers(
    text: str, kinds: Sequence[Statistic], channels: str, image: ImageKind, result: Interval, **values: float
) -> tuple[Op, ...]:
    """Return a map of each sample, and of numbers of the image or of the sample's own colour.

    Parameters
    ----------
    text : str
        Of the sample ``r``, the names of `kinds` and those of `values`.
    kinds : sequence of Statistic
    channels : str
        See :data:`CHANNELS`.
    image : ImageKind
    result : Interval
        Encloses what comes of finite samples.
    **values : float
        Constants.
    """
    constants = tuple(values.items())
    if channels == "together":
        return (Reduce(text, constants=constants, statistics=tuple(kinds), result=result),)
    colours = range(image.channels - image.alpha)
    each = tuple(replace(one, name=f"{one.name}{k}", channel=k) for k in colours for one in kinds)
    lines = "\n".join(
        f"m{k} = {renamed(text, {'r': f'c{k}', **{one.name: f'{one.name}{k}' for one in kinds}})}"
        for k in colours
    )
    given, made = (tuple(f"{letter}{k}" for k in colours) for letter in "cm")
    proven = (UNBOUNDED, result)
    return (ChannelMap(lines, given, made, constants, proven, each),)


@method(
    "contrast",
    "stretch",
    "spread the values from the smallest to the largest over the range of the dtype; a flat image is black",
    reference="cv2.normalize with NORM_MINMAX from the smallest to the largest value of the dtype; "
    "skimage.exposure.rescale_intensity between numpy.percentile",
    parameters=(
        Number(
            "low",
            "percentile that becomes the smallest value; what is below is clipped",
            0.0,
            least=0,
            most=100,
        ),
        Number("high", "percentile that becomes the largest value", 100.0, least=0, most=100),
        CHANNELS,
    ),
    formula="smallest + (largest - smallest) * (r - low) / (high - low)",
)
def _stretch(low: float, high: float, channels: str, image: ImageKind) -> tuple[Op, ...]:
    if high <= low:
        raise ParameterError(f"high must be above low, which is {low:g}; given {high:g}", "high")
    unit = "where(high - low > greatest, 0.5, 1)"  # differences up to twice the largest number
    share = f"((r * {unit} - low * {unit}) / (high * {unit} - low * {unit}))"
    spread = f"bottom + (top - bottom) * {share}"
    ends: tuple[Statistic, ...] = (Statistic("low", "minimum"), Statistic("high", "maximum"))
    if (low, high) != (0, 100):
        spread = f"minimum(maximum({spread}, bottom), top)"
        ends = (Statistic("low", "percentile", low), Statistic("high", "percentile", high))
    values = {"bottom": image.lowest, "top": image.full_scale, "greatest": LARGEST}
    spread = f"where(high > low, {spread}, bottom)"
    return by_numbers(spread, ends, channels, image, Interval(image.lowest, image.full_scale), **values)


@method(
    "contrast",
    "lut",
    "each sample from a table over the range of the dtype, on the line from one entry to the next; three "
    "colours from that of a .cube file",
    reference="numpy.interp; cv2.LUT, of 256 entries and uint8; Adobe, 'Cube LUT specification 1.0', 2013",
    parameters=(
        Table(
            "table",
            "values for samples at equal distances from the smallest to the largest of the dtype, or a file",
            least=2,
            most=MOST_ENTRIES,
        ),
        Choice(
            "interpolation",
            "of a 3-D table, between the 4 entries of a tetrahedron or the 8 of a cube",
            "tetrahedral",
            choices=INTERPOLATIONS,
        ),
    ),
    example={"table": [255, 0]},
)
def _lut(table: tuple[float, ...] | Cube, interpolation: str, image: ImageKind) -> tuple[Op, ...]:
    if isinstance(table, Cube):
        return (through(table, interpolation, image.full_scale),)
    return (Lookup(table, image.lowest, image.full_scale),)


@method(
    "contrast",
    "equalize",
    "the share of the image's samples that are not above each, over the full scale; all colours together",
    reference="skimage.exposure.equalize_hist; cv2.equalizeHist, which makes the lowest value black",
    parameters=(
        Count(
            "bins",
            "of the histogram, where samples are not whole numbers of an integer type",
            256,
            least=2,
            most=MOST_ENTRIES,
        ),
        Choice(
            "lowest",
            "what the lowest value becomes: the share of its samples, or black, with the shares of those "
            "above it over the full scale",
            "share",
            choices=("share", "black"),
        ),
    ),
)
def _equalize(bins: int, lowest: str, image: ImageKind) -> tuple[Op, ...]:
    integers = image.full_scale > 1
    levels = min(int(image.full_scale - image.lowest) + 1, MOST_ENTRIES) if integers else bins
    shares = Cumulative(bins, max(bins, levels), image.full_scale, integers, lowest == "black")
    return (Lookup.of(shares, Interval(0.0, image.full_scale)),)


@method(
    "contrast",
    "zscore",
    "difference from the image's mean, in standard deviations; 0 of a flat image",
    reference="scipy.stats.zscore; torchvision.transforms.Normalize, of each image's own mean and deviation",
    parameters=(CHANNELS,),
    formula="(r - mean) / deviation",
)
def _zscore(channels: str, image: ImageKind) -> tuple[Op, ...]:
    kinds = (Statistic("mean", "mean"), Statistic("deviation", "deviation"))
    score = "where(deviation > 0, (r - mean) / deviation, 0)"
    return by_numbers(score, kinds, channels, image, UNBOUNDED)

"""Contrast: values spread by what the whole image holds."""

from __future__ import annotations

from convpipe.interval import LARGEST, UNBOUNDED, Interval
from convpipe.ops import ChannelMap, Lookup, Op, Reduce
from convpipe.ops.lookup import MOST_ENTRIES
from convpipe.stages.base import ImageKind, method
from convpipe.stages.matrix import Numbers
from convpipe.stages.numbers import Count, Percentiles
from convpipe.stages.parameters import Choice
from convpipe.statistics import Cumulative, Statistic


@method(
    "contrast",
    "stretch",
    "spread the values from the smallest to the largest over the range of the dtype; a flat image is black",
    reference="cv2.normalize with NORM_MINMAX from the smallest to the largest value of the dtype; "
    "skimage.exposure.rescale_intensity between numpy.percentile",
    parameters=(
        Percentiles(
            "percent", "percentiles that become the ends; what lies beyond them is clipped", (0.0, 100.0)
        ),
    ),
)
def _stretch(percent: tuple[float, float], image: ImageKind) -> tuple[Op, ...]:
    unit = "where(high - low > largest, 0.5, 1)"  # differences up to twice the largest number
    share = f"((r * {unit} - low * {unit}) / (high * {unit} - low * {unit}))"
    spread = f"bottom + (top - bottom) * {share}"
    ends: tuple[Statistic, ...] = (Statistic("low", "minimum"), Statistic("high", "maximum"))
    if percent != (0.0, 100.0):
        spread = f"minimum(maximum({spread}, bottom), top)"
        ends = tuple(
            Statistic(name, "percentile", each) for name, each in zip(("low", "high"), percent, strict=True)
        )
    values = (("bottom", image.lowest), ("top", image.full_scale), ("largest", LARGEST))
    spread = f"where(high > low, {spread}, bottom)"
    return (
        Reduce(spread, constants=values, statistics=ends, result=Interval(image.lowest, image.full_scale)),
    )


@method(
    "contrast",
    "lut",
    "each sample from a table over the range of the dtype, on the line from one entry to the next",
    reference="numpy.interp; cv2.LUT, of 256 entries and uint8",
    parameters=(
        Numbers(
            "table",
            "values for samples at equal distances from the smallest to the largest of the dtype",
            least=2,
            most=MOST_ENTRIES,
        ),
    ),
    example={"table": [255, 0]},
)
def _lut(table: tuple[float, ...], image: ImageKind) -> tuple[Op, ...]:
    return (Lookup(table, image.lowest, image.full_scale),)


@method(
    "contrast",
    "equalize",
    "the share of the image's samples that are not above each, over the full scale; all colours together",
    reference="skimage.exposure.equalize_hist",
    parameters=(
        Count(
            "bins",
            "of the histogram, where samples are not whole numbers of an integer type",
            256,
            least=2,
            most=MOST_ENTRIES,
        ),
    ),
)
def _equalize(bins: int, image: ImageKind) -> tuple[Op, ...]:
    integers = image.full_scale > 1
    levels = min(int(image.full_scale - image.lowest) + 1, MOST_ENTRIES) if integers else bins
    shares = Cumulative(bins, max(bins, levels), image.full_scale, integers)
    return (Lookup.of(shares, Interval(0.0, image.full_scale)),)


@method(
    "contrast",
    "zscore",
    "difference from the image's mean, in standard deviations; 0 of a flat image",
    reference="scipy.stats.zscore; torchvision.transforms.Normalize, of each image's own mean and deviation",
    parameters=(
        Choice(
            "channels",
            "of all colours together, or of each by itself",
            "together",
            choices=("together", "each"),
        ),
    ),
    formula="(r - mean) / deviation",
)
def _zscore(channels: str, image: ImageKind) -> tuple[Op, ...]:
    if channels == "together":
        found = (Statistic("mean", "mean"), Statistic("deviation", "deviation"))
        return (Reduce(_SCORE.format(r="r", k=""), statistics=found, result=UNBOUNDED),)
    colours = range(image.channels - image.alpha)
    each = tuple(Statistic(f"{kind}{k}", kind, channel=k) for k in colours for kind in ("mean", "deviation"))
    lines = "\n".join(f"z{k} = {_SCORE.format(r=f'c{k}', k=k)}" for k in colours)
    given, made = (tuple(f"{letter}{k}" for k in colours) for letter in "cz")
    return (ChannelMap(lines, given, made, statistics=each),)


_SCORE = "where(deviation{k} > 0, ({r} - mean{k}) / deviation{k}, 0)"

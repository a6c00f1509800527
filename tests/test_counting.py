"""Counts by compiled loops are those of NumPy, whatever the type, the channels and the threads."""

import numpy as np
import pytest
from skimage import filters

from convpipe.compile.cpu import counting as counting_module
from convpipe.compile.cpu.counting import FEWEST, Counting
from convpipe.histograms import Counter, Histogram
from convpipe.statistics import Statistic, measure
from convpipe.thresholds import LEVELS, LOOPS, multiotsu

NUMPY = Counter()
COUNTING = {"one thread": Counting(1), "all": Counting()}


@pytest.fixture(params=COUNTING, name="counting")
def _counting(request):
    return COUNTING[request.param]


@pytest.fixture(params=["one", "three", "beside alpha"], name="pick")
def _pick(request):
    """Channels of a pixel, and which of them count."""
    return {"one": (1, slice(None)), "three": (3, slice(None)), "beside alpha": (4, slice(3))}[request.param]


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
@pytest.mark.parametrize("count", [5, FEWEST + 3])
def test_integers(dtype, count, counting, pick, rng):
    channels, picked = pick
    limits = np.iinfo(dtype)
    samples = rng.integers(limits.min, limits.max + 1, (count, channels), dtype=dtype)[:, picked]
    got = counting.whole(samples, limits.min, limits.max)
    np.testing.assert_array_equal(got, NUMPY.whole(samples, limits.min, limits.max))


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
@pytest.mark.parametrize("channels", [1, 3])
def test_bytes_by_their_pairs(dtype, channels, counting, rng, monkeypatch):
    """Wherever they begin and end in words of eight, some of which are alike."""
    monkeypatch.setattr(counting_module, "PAIRED", 1)
    limits = np.iinfo(dtype)
    samples = rng.integers(limits.min, limits.max + 1, (FEWEST, channels), dtype=dtype)
    samples[500:900], samples[900:1500] = limits.max, limits.min
    for first in range(8):
        for given in (samples[first:], samples[: -first or None], samples[first : first + 2]):
            got = counting.whole(given, limits.min, limits.max)
            np.testing.assert_array_equal(got, NUMPY.whole(given, limits.min, limits.max))


def test_more_of_a_pair_than_16_bits_hold(counting):
    samples = np.tile(np.array([3, 200], np.uint8), 200_000)[:, None]
    np.testing.assert_array_equal(counting.whole(samples, 0, 255), NUMPY.whole(samples, 0, 255))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("count", [5, FEWEST + 3])
def test_floating_point(dtype, count, counting, pick, rng):
    channels, picked = pick
    samples = rng.normal(0, 100, (count, channels)).astype(dtype)
    samples[rng.random(samples.shape) < 0.1] = np.nan
    samples[rng.random(samples.shape) < 0.1] = -np.inf
    samples[-1] = 5.25
    samples = samples[:, picked]
    for given in (samples, np.rint(samples)):
        found = NUMPY.survey(given)
        assert counting.survey(given) == found
        edges = np.histogram_bin_edges(np.array([found.low, found.high]), 256)
        np.testing.assert_array_equal(counting.bins(given, edges), NUMPY.bins(given, edges))
    ends = int(found.low), int(found.high)
    np.testing.assert_array_equal(counting.whole(given, *ends), NUMPY.whole(given, *ends))


def test_samples_at_edges(counting, rng):
    edges = np.linspace(0.1, 1, 257)
    samples = np.nextafter(edges, rng.choice([-1, 2], 257))[:, None]
    samples = np.concatenate([samples.clip(0.1, 1), edges[:, None]])
    np.testing.assert_array_equal(counting.bins(samples, edges), NUMPY.bins(samples, edges))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("bins", [1, 256, 5000])
@pytest.mark.parametrize("span", ["wide", "narrow", "lattice", "uneven"])
def test_bins_of_any_span(dtype, bins, span, counting, rng):
    """Whose width the type of the samples does not hold, or whose edges are samples; with NaN, too."""
    limits = np.finfo(dtype)
    low, high = {
        "wide": (0.9 * limits.min, 0.9 * limits.max),
        "narrow": (0.0, 20000 * float(limits.smallest_subnormal)),
        "lattice": (-1.0, 1.0),
        "uneven": (0.1, 0.7),
    }[span]
    if dtype == "float64" and span == "wide":  # of which NumPy asks for edges that float64 holds
        low, high = low / 4, high / 4
    samples = np.append(rng.random(4000), [0, 1]) * (high / 2 - low / 2) * 2 + low
    if span == "lattice":
        samples = np.append(rng.integers(-128, 129, 4000), [-128, 128]) / 128
    samples = samples.astype(dtype)
    low, high = float(samples.min()), float(samples.max())
    samples[5:900:9], samples[7] = np.nan, np.inf
    edges = np.histogram_bin_edges(np.array([low, high]), bins)
    got = counting.bins(samples[:, None], edges)
    np.testing.assert_array_equal(got, NUMPY.bins(samples[:, None], edges))
    assert got.sum() == np.isfinite(samples).sum()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_samples_beyond_1_warn_of_nothing(dtype, rng):
    samples = (rng.random((FEWEST + 3, 1)) * 60_000).astype(dtype)
    level = measure([Statistic("level", "otsu")], samples, Counting())
    assert level == pytest.approx(measure([Statistic("level", "otsu")], samples))


def test_of_no_number(counting):
    found = counting.survey(np.full((9, 1), np.nan, np.float32))
    assert (found.count, np.isnan(found.low), np.isnan(found.high)) == (0, True, True)


def test_otsu_has_the_bits_of_scikit_image(rng):
    """Which sums counts in float32: of more than 2^24 samples they are rounded."""
    for most in (3, 1000, 10**8):
        for bins in (2, 3, 100, 256):
            counts = rng.integers(0, most, bins) * rng.integers(0, 2, bins)
            counts[[0, -1]] += 1
            middles = rng.uniform(-9, 9) + rng.uniform(0.1, 9) * np.arange(bins)
            want = filters.threshold_otsu(hist=(counts, middles))
            held = Histogram(counts, float(middles[0]), 1.0, middles)
            for counter in (NUMPY, *COUNTING.values()):
                assert LOOPS["otsu"].of(held, counter.run) == [want]


@pytest.mark.parametrize("kind", [*LOOPS, *LEVELS])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
def test_levels_are_those_of_scikit_image(kind, dtype, rng):
    find = getattr(filters, f"threshold_{kind}")
    for _ in range(5):
        low, high = np.sort(rng.uniform(-90 if dtype != "uint8" else 0, 255, 2))
        image = rng.normal(low, 9, (40, 50)) + (rng.random((40, 50)) < rng.uniform(0.1, 0.9)) * (high - low)
        image = image.clip(0, 255).astype(dtype) if dtype == "uint8" else image.astype(dtype)
        want = find(image.astype(np.int64 if image.dtype.kind in "ui" else np.float64))
        (got,) = measure([Statistic("level", kind)], image.reshape(-1, 1), Counting(1))
        assert got == pytest.approx(want, rel=1e-6)


@pytest.mark.parametrize("kind", ["sum", "mean", "variance", "deviation", "percentile"])
def test_numbers_of_counts_are_those_of_samples(kind, rng):
    """Of types with few values all there is to know is in a histogram."""
    image = rng.integers(-300, 200, (50, 3)).astype(np.int16)
    for percent in (0, 12.3, 50, 99.9, 100):
        one = Statistic("n", kind, percent, channel=1)
        assert measure([one], image) == pytest.approx(measure([one], image.astype(np.float64)), rel=1e-13)


def test_more_classes_than_values():
    held = Histogram.of_whole(np.array([0, 5, 0, 0, 3]), 10)
    assert multiotsu(held, 4).tolist() == [11, 14, 14]


SUMMED = [Statistic(kind, kind) for kind in ("sum", "mean", "variance", "deviation")]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", [1, 7, 9, 70_000, 200_003])
def test_moments_have_the_bits_of_numpys(dtype, count, counting, pick, rng):
    channels, picked = pick
    samples = rng.normal(3, 100, (count, channels)).astype(dtype)
    for hole in (np.nan, np.inf):
        samples[rng.random(samples.shape) < 0.1] = hole
    samples = samples[:, picked]
    found = measure(SUMMED, samples, counting)
    assert repr(found) == repr(measure(SUMMED, samples)) == repr(measure(SUMMED, samples.copy(), counting))
    held = samples[np.isfinite(samples)].astype(np.float64)
    if held.size:
        expected = [held.sum(), held.mean(), held.var(), held.std()]
        np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-7)


def test_equal_samples_have_no_spread(counting):
    samples = np.full((100_003, 3), 0.1, np.float32)
    total, *rest = measure(SUMMED, samples, counting)
    assert rest == [float(np.float32(0.1)), 0, 0]
    assert total == pytest.approx(300_009 * 0.1)

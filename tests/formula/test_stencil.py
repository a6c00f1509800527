"""Python functions as stages: what they mean, what Numba's own stencils give, and what is refused."""

import math
import pickle

import numba
import numpy as np
import pytest

import convpipe
from convpipe import ParameterError, Pipeline, stage

WEIGHT = 0.25
np_float = np.float32(0.5)


@convpipe.stencil
def gradient(a):
    """Return the size of the central differences."""
    across = a[0, 1] - a[0, -1]
    down = a[1, 0] - a[-1, 0]
    return np.hypot(across, down)


@convpipe.stencil
def smoothed(a, *, gain=1.0):
    return gain * WEIGHT * (a[-1, 0] + a[1, 0] + a[0, -1] + a[0, 1])


@convpipe.stencil
def chosen(a, b):
    low = min(a, b[0, 1])
    return math.sqrt(abs(low)) if a > b else np_float * max(a, np.pi) + mean(b)  # noqa: F821 - of formulas


KERNELS = {
    "gradient": lambda a: math.sqrt((a[0, 1] - a[0, -1]) ** 2 + (a[1, 0] - a[-1, 0]) ** 2),
    "smoothed": lambda a: 0.25 * (a[-1, 0] + a[1, 0] + a[0, -1] + a[0, 1]),
}
STENCILS = {"gradient": gradient, "smoothed": smoothed}


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_numbers_are_those_of_numba_inside_the_image(name, dtype, rng):
    image = rng.integers(0, 256, (19, 23)).astype(dtype)
    theirs = numba.stencil(KERNELS[name])(image.astype(np.float64))
    ours = STENCILS[name](image, dtype="float64" if dtype == "float64" else "float32")
    inside = np.s_[1:-1, 1:-1]
    np.testing.assert_allclose(ours[inside], theirs[inside], rtol=1e-14 if dtype == "float64" else 1e-6)


def test_border_padding_and_numbers_are_given_to_the_stage(rng):
    image = rng.integers(0, 200, (9, 11), np.uint8)
    run = Pipeline([smoothed.stage(gain=2, padding="valid")])
    x = image.astype(float)
    want = 0.5 * (x[:-2, 1:-1] + x[2:, 1:-1] + x[1:-1, :-2] + x[1:-1, 2:])
    np.testing.assert_array_equal(run(image, dtype="float32"), want)
    edge = Pipeline([gradient.stage(border="constant", value=9)])(image, dtype="float32")
    assert edge[0, 0] == pytest.approx(math.hypot(x[0, 1] - 9, x[1, 0] - 9))


def test_it_reads_stages_by_name_and_goes_into_yaml(rng):
    image = rng.integers(0, 256, (12, 14), np.uint8)
    stages = [stage("blur", "box", size=3, name="soft"), chosen.stage(a="input", b="soft")]
    run = Pipeline(stages, outputs={"soft": "soft"}, dtype="float32")
    made = run(image)
    a, b = image.astype(np.float64), made["soft"].astype(np.float64)
    beside = np.pad(b, ((0, 0), (0, 1)), mode="reflect")[:, 1:]
    want = np.where(a > b, np.sqrt(np.minimum(a, beside)), 0.5 * np.maximum(a, np.pi) + b.mean())
    np.testing.assert_allclose(made["result"], want, rtol=1e-5)
    again = Pipeline.from_yaml(run.to_yaml())
    assert again.stages == run.stages
    assert pickle.loads(pickle.dumps(run)).stages == run.stages


def test_it_keeps_its_name_and_its_words():
    assert gradient.__name__ == "gradient"
    assert gradient.__doc__ == "Return the size of the central differences."
    assert (smoothed.images, smoothed.numbers) == (("a",), {"gain": 1.0})
    assert repr(gradient) == "<stencil gradient: hypot(a[0, 1] - a[0, -1], a[1, 0] - a[-1, 0])>"


def loops(a):
    for _ in a:
        pass
    return a


def nothing(a):
    a[0, 1]


def attributes(a):
    return a.real


def foreign(a):
    return np.fft.fft(a)


def opened(a):
    return open(a)


def unknown(a):
    return a + somewhere  # noqa: F821


def positional(a, gain=2):
    return gain * a


def variadic(*a):
    return a


def unused(a, b):
    return a


def none():
    return 1


def words(a, *, gain="much"):
    return gain * a


def grown(a):
    b = a + a + a + a + a + a + a + a
    c = b + b + b + b + b + b + b + b
    d = c + c + c + c + c + c + c + c
    e = d + d + d + d + d + d + d + d
    f = e + e + e + e + e + e + e + e
    return f + f + f


REFUSED = {
    loops: "a line of its body is 'name = expression'",
    nothing: "its last line returns an expression",
    attributes: "'a.real' is no image",
    foreign: "'np.fft.fft' is no function of formulas",
    opened: "'open' is no function of formulas",
    unknown: "'somewhere' is no image",
    positional: "it takes images by position",
    variadic: "it takes images by position",
    unused: "unused does not use b",
    none: "it takes no image",
    words: "gain needs a number as its default",
    grown: "more than 10000 operations",
    len: "source can be read",
    3: "source can be read",
}


@pytest.mark.parametrize("function", REFUSED, ids=lambda f: getattr(f, "__name__", str(f)))
def test_what_is_no_stencil_is_refused(function):
    with pytest.raises(ParameterError, match=REFUSED[function].replace("(", r"\(")):
        convpipe.stencil(function)


def test_an_error_has_file_and_line():
    with pytest.raises(ParameterError, match=rf"test_stencil.py:{attributes.__code__.co_firstlineno + 1}: "):
        convpipe.stencil(attributes)


def test_what_a_stage_is_not_given():
    with pytest.raises(ParameterError, match="chosen needs b: the name of a stage"):
        chosen.stage(a="input")
    with pytest.raises(ParameterError, match="takes 2 images, a, b"):
        chosen(np.zeros((4, 4)))

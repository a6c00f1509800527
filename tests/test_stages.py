"""Every declared stage, on every image layout, against the oracle; a new filter is picked up by itself."""

import numpy as np
import oracle
import pytest

from convpipe.compile.cpu.graphs import compile_plan
from convpipe.geometry import Border
from convpipe.ops import Frame, Layer, Rank
from convpipe.plan import Settings, make_plan
from convpipe.stages import ANY_LABEL, ImageKind, families, stage

EVERY_METHOD = [method for methods in families().values() for method in methods.values()]


def ids(method):
    return f"{method.family}-{method.name}"


def make(method, /, **parameters):
    label = "mine" if method.name == ANY_LABEL else method.name
    return stage(method.family, label, **{**method.example, **parameters})


def nodes_of(method):
    """Return what an example of a method is lowered to."""
    return make(method).lower(Border.REFLECT, ImageKind(method.colours or 1)).nodes


def weighs(method):
    """Tell whether a method knows of samples that count in part, or not: no middle rank does, no library."""
    ops = [op for node in nodes_of(method) for op in node.ops]
    ranks = [op for op in ops if isinstance(op, Rank)]
    is_extreme = all({*op.ranks} <= {0, op.count - 1} for op in ranks)
    return is_extreme and not any(isinstance(op, Frame | Layer) for op in ops)


def shaped(method, extent):
    """Return the shape of an image of so many rows and columns that a method takes."""
    return (*extent, method.colours) if method.colours else extent


def check(stages, image, border=Border.REFLECT, output_dtype=None, tolerance=2e-5, alpha=False):
    channels = image.shape[2] if image.ndim == 3 else 1
    plan = make_plan(
        stages,
        image.shape[:2],
        Settings(border=border, output_dtype=output_dtype),
        channels=channels,
        alpha=alpha,
        dtype=image.dtype.name,
    )
    oracle.near(compile_plan(plan)(image, threads=1)[0], plan, image, tolerance)
    return plan


@pytest.mark.parametrize("method", EVERY_METHOD, ids=ids)
@pytest.mark.parametrize(("channels", "alpha"), [(1, False), (3, False), (4, True)])
def test_against_oracle(method, channels, alpha, rng):
    if method.title == "layer conv2d":  # whose weights are of one channel
        channels = 1 + alpha
    image = rng.integers(0, 256, (13, 17, max(channels, method.colours or 1)), dtype=np.uint8)
    check([make(method)], image, output_dtype="float32", alpha=alpha)
    check([make(method)], image, alpha=alpha)


@pytest.mark.parametrize("method", EVERY_METHOD, ids=ids)
@pytest.mark.parametrize("border", list(Border))
def test_borders_at_stride_two(method, border, rng):
    image = rng.random(shaped(method, (9, 12))).astype(np.float32)
    check([make(method, stride=2, value=0.5, bias=0.25)], image, border)


@pytest.mark.parametrize("method", EVERY_METHOD, ids=ids)
def test_float64_stays_float64(method, rng):
    check([make(method, dilation=2)], rng.random(shaped(method, (15, 11))), tolerance=1e-13)


@pytest.mark.parametrize("extent", [(1, 1), (1, 7), (5, 1), (2, 2)])
@pytest.mark.parametrize("method", EVERY_METHOD, ids=ids)
def test_images_smaller_than_the_halo(method, extent, rng):
    check([make(method)], rng.random(shaped(method, extent)).astype(np.float32))


@pytest.mark.parametrize("method", EVERY_METHOD, ids=ids)
def test_range_encloses_every_value(method, rng):
    image = rng.integers(0, 2, shaped(method, (16, 16)), dtype=np.uint8) * np.uint8(255)
    plan = make_plan([make(method)], (16, 16), Settings(output_dtype="float32"), channels=method.colours or 1)
    values, _ = compile_plan(plan)(image)
    proven = plan.stages[-1].range
    slack = 1e-4 * max(abs(proven.low), abs(proven.high), 1)
    assert proven.low - slack <= values.min()
    assert values.max() <= proven.high + slack


def test_kernels_are_taken_apart_once_whatever_the_size_of_images(monkeypatch):
    taken = []
    svd = np.linalg.svd
    monkeypatch.setattr(np.linalg, "svd", lambda *given, **flags: taken.append(given) or svd(*given, **flags))
    one = stage("custom", "mine", kernel=np.outer([0.1, 0.2, 0.1], [0.3, 0.1]))
    for extent in ((20, 30), (31, 17), (20, 30)):
        for dtype in ("uint8", "float32"):
            make_plan([one], extent, dtype=dtype)
    assert len(taken) == 2  # for numbers up to 255, and up to 1


@pytest.mark.parametrize("method", EVERY_METHOD, ids=ids)
def test_declaration_is_complete(method):
    assert method.summary
    assert method.reference
    for parameter in method.accepted:
        assert parameter.doc
        assert parameter.kind()
        assert parameter.schema()
    required = {parameter.name for parameter in method.parameters if parameter.required}
    assert required <= set(method.example)

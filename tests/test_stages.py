"""Every declared stage, on every image layout, against the oracle; a new filter is picked up by itself."""

import numpy as np
import oracle
import pytest

from convpipe.compile.cpu.graphs import compile_plan
from convpipe.errors import ParameterError, PlanError
from convpipe.geometry import Border
from convpipe.ops import Frame, Layer, Warp
from convpipe.pipeline import Pipeline
from convpipe.plan import Settings, make_plan
from convpipe.stages import ANY_LABEL, ImageKind, families, find, stage

EVERY_METHOD = [method for methods in families().values() for method in methods.values()]


def ids(method):
    return f"{method.family}-{method.name}"


def make(method, /, **parameters):
    """Return a stage of a method's example, and of those parameters that mean something to it."""
    label = "mine" if method.name == ANY_LABEL else method.name
    taken = {name: value for name, value in parameters.items() if name not in method.unused}
    # The default is blurred on a coarser grid, within a tolerance that few tests have.
    own = {"sigma": 2} if (method.family, method.name) == ("background", "subtract") else {}
    return stage(method.family, label, **{**method.example, **own, **taken})


def nodes_of(method):
    """Return what an example of a method is lowered to."""
    return make(method).lower(Border.REFLECT, ImageKind(method.colours or 1)).nodes


def weighs(method):
    """Tell whether a method knows of samples that count in part: no layer does, few libraries."""
    ops = [op for node in nodes_of(method) for op in node.ops]
    if any(isinstance(op, Frame) and not op.leaves_out for op in ops) or method.family == "projection":
        return False  # of which stacks say so
    return not any(isinstance(op, Layer) for op in ops)


def warps(method):
    """Tell whether a method puts pixels elsewhere."""
    return any(isinstance(op, Warp) for node in nodes_of(method) for op in node.ops)


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
    if method.title == "network conv":  # whose weights are of one channel
        channels = 1 + alpha
    channels = method.colours + alpha if method.colours else channels
    if alpha and method.alpha == "refuse":
        with pytest.raises(PlanError, match=f"{method.title} needs an image without alpha"):
            check([make(method)], np.zeros((13, 17, channels), np.uint8), alpha=True)
        return
    image = rng.integers(0, 256, (13, 17, channels), dtype=np.uint8)
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
    if method.title == "geometry bin" and min(extent) < 2:  # which fill no group
        with pytest.raises(PlanError, match="its window spans 2"):
            make_plan([make(method)], extent)
        return
    if method.title == "objects match_template" and (extent[0] < 2 or extent[1] < 3):
        with pytest.raises(PlanError, match="its template of 2x3 is larger than an image"):
            make_plan([make(method)], extent)
        return
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


OWN_RULE = [
    find(*title.split()) for title in ("geometry resize", "geometry flip", "geometry crop", "denoise tv")
]


def lowered(method, **common):
    label = "mine" if method.name == ANY_LABEL else method.name
    image = ImageKind(method.colours or 1)
    given = {**method.example, **common}
    return repr(stage(method.family, label, **given).lower(Border.REFLECT, image))


@pytest.mark.parametrize("method", EVERY_METHOD, ids=ids)
def test_common_parameters_that_are_offered_are_taken_and_others_are_refused_with_the_reason(method):
    values = {"stride": 2, "padding": 1, "dilation": 2, "anchor": 0, "border": "edge", "value": 7, "bias": 1}
    own = {parameter.name for parameter in method.parameters}  # of which it has tables
    padded = {} if "padding" in {*method.unused, *own} else {"padding": 2}
    for name, value in values.items():
        if name in own:
            continue
        before = padded | (
            {"border": "constant"} if name == "value" and "border" not in method.unused else {}
        )
        if name in method.unused:
            with pytest.raises(ParameterError, match=f"^{method.title} takes no {name}: it"):
                lowered(method, **{name: value})
        else:
            assert lowered(method, **before) != lowered(method, **{**before, name: value}), name
    taken = {parameter.name for parameter in method.accepted}
    assert len(taken) == len(method.accepted)  # one of its own stands in the place of the common one
    assert taken >= {"stride", "bias", "dtype", "name"}


def test_what_windows_of_their_own_and_single_pixels_take():
    unused = {method.title: list(method.unused) for method in EVERY_METHOD}
    assert unused["morphology tophat"] == unused["morphology open"] == ["padding", "anchor", "axis"]
    of_pixels = ["dilation", "anchor", "axis"]
    assert unused["point abs"] == unused["geometry resize"] == unused["denoise tv"] == of_pixels
    assert unused["geometry crop"] == ["dilation", "anchor", "padding", "border", "value", "axis"]
    assert unused["blur box"] == []
    assert unused["morphology erode"] == unused["network conv"] == ["axis"]
    with pytest.raises(ParameterError, match="'geometry: crop' after it cuts, and 'geometry: pad'"):
        stage("morphology", "erode", iterations=2, padding=1)
    assert stage("morphology", "erode", iterations=2, padding="same").common["padding"] == "same"


@pytest.mark.parametrize("method", OWN_RULE, ids=ids)
@pytest.mark.parametrize("padding", ["same", "valid", 0, [0, 0, 0, 0]])
def test_a_border_without_padding_is_refused_where_nothing_outside_is_read(method, padding):
    common = {} if "padding" in method.unused else {"padding": padding}
    with pytest.raises(ParameterError, match="takes no border: it needs nothing outside the image"):
        lowered(method, border="edge", **common)


def test_the_padding_that_an_error_names_is_that_of_an_opening(rng):
    """Cut after it, or padded before it."""
    image = rng.integers(0, 256, (12, 14), dtype=np.uint8)
    opened = stage("morphology", "open", size=3)
    kept = Pipeline([opened, stage("geometry", "crop", box=[2, 2, -2, -2])])(image)
    assert np.array_equal(kept, Pipeline([opened])(image)[2:-2, 2:-2])
    pad = stage("custom", "pad", kernel=[[1]], padding=2, border="edge")
    assert np.array_equal(Pipeline([pad, opened])(image), Pipeline([opened])(np.pad(image, 2, "edge")))

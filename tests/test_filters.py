"""A function for every filter."""

import doctest
import importlib
import inspect
import pickle
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from convpipe import ParameterError, Pipeline, filters, stage
from convpipe.filters.function import Filter
from convpipe.filters.images import joined
from convpipe.stages import ANY_LABEL, families
from convpipe.stages.projection import PROJECTION

EVERY = [
    getattr(getattr(filters, family), name)
    for family in families()
    for name in getattr(filters, family).__all__
]
OF_ONE = [one for one in EVERY if one.images == ("image",) and one.method.family != PROJECTION]


def ids(one):
    return f"{one.method.family}.{one.__name__}"


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (12, 14), dtype=np.uint8)


def test_every_method_has_a_function():
    declared = {(family, name) for family, methods in families().items() for name in methods}
    assert {(one.method.family, one.method.name) for one in EVERY} == declared
    assert all(isinstance(one, Filter) for one in EVERY)


@pytest.mark.parametrize("one", OF_ONE, ids=ids)
def test_a_function_is_the_pipeline_of_its_stage(one, rng):
    method = one.method
    image = rng.integers(0, 256, (16, 18, method.colours or 1), dtype=np.uint8)
    label = one.__name__ if method.name == ANY_LABEL else method.name
    example = dict(method.example)
    made = one(image, threads=1, **example)
    np.testing.assert_array_equal(made, Pipeline([stage(method.family, label, **example)])(image))


@pytest.mark.parametrize("one", EVERY, ids=ids)
def test_signatures_and_docstrings_say_every_parameter(one):
    arguments = inspect.signature(one).parameters
    for each in one.parameters:
        name = f"{each.name}_" if each.name in ("with", "from") else each.name
        assert (arguments[name].default is inspect.Parameter.empty) == each.required
        assert f"\n{name} : " in one.__doc__
    assert not {"from_", "name"} & arguments.keys()
    assert max(map(len, one.__doc__.splitlines())) < 200
    assert inspect.getdoc(one).startswith(one.method.summary[0].upper())


@pytest.mark.parametrize("one", EVERY, ids=ids)
def test_the_example_of_a_docstring_runs(one):
    example = doctest.DocTestParser().get_doctest(one.__doc__, {"np": np}, ids(one), None, None)
    assert f"convpipe.filters.{ids(one)}(" in one.__doc__
    assert not doctest.DocTestRunner(verbose=False).run(example).failed


@pytest.mark.parametrize(
    "one",
    [filters.edge.sobel, filters.threshold.otsu, filters.rank.median, filters.color.gray, filters.blur.box],
    ids=ids,
)
def test_defaults_in_signatures_are_those_that_are_taken(one, rng):
    image = rng.integers(0, 256, (9, 8, 3), dtype=np.uint8)
    own = {each.name for each in one.parameters}
    arguments = inspect.signature(one).parameters
    given = {n: a.default for n, a in arguments.items() if n in own and a.default is not None}
    np.testing.assert_array_equal(one(image, **given), one(image))


def test_names_that_several_families_have_are_those_of_none():
    assert "gaussian" not in filters.__all__
    with pytest.raises(AttributeError, match=r"filters\.blur\.gaussian or filters\.noise\.gaussian"):
        filters.gaussian  # noqa: B018
    with pytest.raises(AttributeError, match="has no attribute 'sobell'"):
        filters.sobell  # noqa: B018
    assert filters.sobel is filters.edge.sobel is importlib.import_module("convpipe.filters.edge").sobel


def test_dir_lists_families_and_filters_alone():
    assert dir(filters) == filters.__all__
    assert {"blur", "sobel"} <= set(dir(filters))


def test_options_are_those_of_a_pipeline(rng):
    image = rng.integers(1, 256, (3, 12, 14), dtype=np.uint8)
    out = np.empty_like(image)
    assert filters.blur.box(image, channel_axis=0, out=out) is out
    pipeline = Pipeline([stage("blur", "box")])
    np.testing.assert_array_equal(out, pipeline(image, channel_axis=0))
    holes = np.where(image[0] > 90, np.float32(image[0]), np.nan)
    np.testing.assert_array_equal(
        filters.blur.box(holes, missing=np.nan), Pipeline([stage("blur", "box")], missing=np.nan)(holes)
    )


def test_what_must_be_given_may_stand_by_its_place(image):
    np.testing.assert_array_equal(filters.blur.gaussian(image, 1.4), filters.blur.gaussian(image, sigma=1.4))
    kernel = np.array([[1, 2, 1]])
    np.testing.assert_array_equal(filters.kernel(image, kernel), filters.kernel(image, kernel=[[1, 2, 1]]))


def test_errors_name_the_function_and_the_parameter(image):
    with pytest.raises(TypeError, match=r"sobel\(\): got an unexpected keyword argument 'sigma'"):
        filters.sobel(image, sigma=2)
    with pytest.raises(TypeError, match=r"gaussian\(\): .* 'sgma'; did you mean 'sigma'\?"):
        filters.blur.gaussian(image, sgma=1)
    with pytest.raises(TypeError, match=r"gaussian\(\): missing a required argument: 'sigma'"):
        filters.blur.gaussian(image)
    with pytest.raises(ParameterError, match="sigma needs"):
        filters.blur.gaussian(image, sigma=-1)


def test_what_was_taken_before_does_not_let_another_type_in(image):
    filters.blur.box(image, size=1)
    with pytest.raises(ParameterError, match="size needs"):
        filters.blur.box(image, size=True)


def test_a_file_is_read_again(image, tmp_path):
    weights = tmp_path / "weights.npy"
    for weight in (1, 2):
        np.save(weights, np.full((1, 1, 1, 1), weight, np.float32))
        made = filters.network.conv(image, weights=str(weights), dtype="float32")
        np.testing.assert_array_equal(made, image.astype("float32") * weight)


def test_several_images(rng):
    first, second = rng.integers(0, 200, (2, 12, 14, 3), dtype=np.uint8)
    mask = rng.random((12, 14)) < 0.5
    np.testing.assert_array_equal(
        filters.composite(first, second, mask), np.where(mask[..., None], second, first)
    )
    np.testing.assert_array_equal(filters.mask(first, mask, outside=7), np.where(mask[..., None], first, 7))
    red, green, blue = np.moveaxis(first, 2, 0)
    np.testing.assert_array_equal(filters.merge(red, green, blue), first)
    made = filters.formula(formula="a - b[0, 1]", a=red, b=green, dtype="int16", border="edge")
    shifted = green[:, [*range(1, 14), 13]]
    np.testing.assert_array_equal(made, red.astype("int16") - shifted)
    chain = Pipeline([stage("blur", "guided", size=5)])
    np.testing.assert_array_equal(filters.guided(red, red, size=5), chain(red))
    np.testing.assert_array_equal(filters.guided(red, size=5), chain(red))


@pytest.mark.parametrize("name", ["image", "pages", "image0", "a"])
def test_a_formula_of_one_image_calls_it_by_any_name(name, image):
    made = filters.formula(formula=f"{name} / 2", dtype="float32", **{name: image})
    np.testing.assert_array_equal(made, image / np.float32(2))


def test_windows_and_levels_of_a_stack(rng):
    stack = rng.integers(0, 256, (4, 9, 8), dtype=np.uint8)
    run = Pipeline([stage("blur", "box", size=3, axis="stack")])
    np.testing.assert_array_equal(filters.blur.box(stack, size=3, axis="stack"), run.stack(stack))
    with pytest.raises(ParameterError, match="box takes no alpha with axis='stack'"):
        filters.blur.box(stack, size=3, axis="stack", alpha=True)


def test_alpha_of_the_first_of_several(rng):
    first = rng.integers(0, 256, (12, 14, 4), dtype=np.uint8)
    second = rng.integers(0, 256, (12, 14, 3), dtype=np.uint8)
    white = np.full((12, 14), 255, np.uint8)
    made = filters.composite(first, second, white, alpha=True)
    assert made.shape == first.shape
    np.testing.assert_array_equal(made[..., 3], first[..., 3])
    opaque = first[..., 3] > 0
    np.testing.assert_array_equal(made[opaque, :3], second[opaque])


def test_images_that_do_not_go_together_are_named():
    with pytest.raises(ParameterError, match=r"a \(2, 3\) uint8, b \(2, 4\) uint8"):
        joined({"a": np.zeros((2, 3), "uint8"), "b": np.zeros((2, 4), "uint8")})
    with pytest.raises(ParameterError, match=r"a .* uint8, b .* float32"):
        joined({"a": np.zeros((2, 3), "uint8"), "b": np.zeros((2, 3), "float32")})
    with pytest.raises(ParameterError, match="at least one image"):
        filters.merge()


def test_projections_take_stacks(rng):
    stack = rng.integers(0, 256, (4, 5, 6), dtype=np.uint8)
    np.testing.assert_array_equal(filters.projection.maximum(stack), stack.max(axis=0))
    np.testing.assert_array_equal(filters.projection.maximum(stack, page_axis=2), stack.max(axis=2))


def test_functions_pickle():
    assert pickle.loads(pickle.dumps(filters.blur.gaussian)) is filters.blur.gaussian


def test_stubs_are_what_is_declared(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "scripts"))
    made = importlib.import_module("make_stubs").stubs()
    del sys.modules["make_stubs"]
    stale = "python scripts/make_stubs.py makes them anew"
    assert {path.name for path in made} == {path.name for path in Path(filters.__file__).parent.glob("*.pyi")}
    for path, text in made.items():
        assert path.read_text() == text, f"{path.name} is stale: {stale}"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("threshold_otsu", "did you mean filters.threshold.otsu?"),  # of scikit-image, by a filter's source
        ("median_filter", "filters.rank.median"),  # of SciPy, by a word of it
        ("sobbel", "did you mean filters.edge.sobel?"),
        ("sato", "convpipe.stage('skimage', 'filters.sato')"),
        ("xxxx", "'convpipe stages' lists the filters"),
    ],
)
def test_an_unknown_filter_is_refused_with_what_may_be_meant(name, meant):
    with pytest.raises(AttributeError, match=re.escape(meant)):
        getattr(filters, name)
    assert not hasattr(filters, f"__{name}__")

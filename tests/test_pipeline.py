"""The Python front: Pipeline."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import convpipe
from convpipe import Pipeline, stage
from convpipe.errors import BackendError, ConfigError, ParameterError, PlanError


@pytest.fixture
def edges():
    return Pipeline([stage("blur", "gaussian", sigma=1, truncate=2), stage("edge", "sobel")])


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "int32", "float16", "float32", "float64"])
def test_dtype_is_kept(edges, dtype):
    image = np.arange(600).reshape(20, 30).astype(dtype)
    result = edges(image)
    assert result.dtype == dtype
    assert result.shape == image.shape


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32"])
@pytest.mark.parametrize("given", ["float32", "float64"])
def test_integers_round_half_to_even_and_saturate(given, dtype):
    limits = np.iinfo(dtype)
    edges = [limits.min + side for side in (-1.5, -0.5, 0.5)] + [
        limits.max + side for side in (-0.5, 0.5, 1.5)
    ]
    values = [np.nan, np.inf, -np.inf, 1e30, -1e30, 3e9, -3e9, 0.5, 1.5, 2.5, -0.5, -1e-9, *edges]
    image = np.array([values * 3] * 2, given)  # long enough for vectors and what is left of one
    with pytest.warns(RuntimeWarning, match="6 NaNs or missing samples became 0"):
        result = Pipeline([stage("custom", "identity", kernel=[[1]])])(image, dtype=dtype)
    exact = np.clip(
        np.rint(np.nan_to_num(image.astype(np.float64), posinf=1e30, neginf=-1e30)), limits.min, limits.max
    )
    np.testing.assert_array_equal(result.astype(np.float64), exact)


def test_unrounded_result(edges, rng):
    image = rng.integers(0, 256, (20, 30), dtype=np.uint8)
    exact = edges(image, dtype="float32")
    assert exact.dtype == np.float32
    np.testing.assert_array_equal(np.rint(exact).astype(np.uint8), edges(image))


def test_layout_is_kept(edges, rng):
    grey = rng.integers(0, 256, (20, 30), dtype=np.uint8)
    assert edges(grey).shape == (20, 30)
    assert edges(grey[..., None]).shape == (20, 30, 1)
    rgb = np.dstack([grey, grey, grey])
    np.testing.assert_array_equal(edges(rgb)[..., 1], edges(grey))


def test_edges_leave_alpha_alone_and_follow_its_geometry(rng):
    image = rng.integers(0, 256, (20, 30, 4), dtype=np.uint8)
    result = Pipeline([stage("edge", "sobel", stride=2)])(image, alpha=True)
    np.testing.assert_array_equal(result[..., 3], image[::2, ::2, 3])


def test_blur_keeps_hidden_colours_hidden():
    image = np.zeros((9, 9, 4), np.uint8)
    image[:, :4] = (0, 200, 0, 255)  # green, opaque
    image[:, 4:] = (255, 0, 0, 0)  # red, fully transparent
    result = Pipeline([stage("blur", "box", size=3)])(image, alpha=True)
    visible = result[..., 3] > 0
    assert visible[:, 4].all()
    assert (result[visible][:, :3] == (0, 200, 0)).all()


def test_linear_light_mixes_light_not_values():
    image = np.zeros((2, 64), np.uint8)
    image[:, ::2] = 255
    mean = Pipeline([stage("blur", "box", size=[1, 2])], border="wrap", linear_light=True)(image)
    assert (mean == 188).all()  # half the light of white, in sRGB


def test_stage_dtype_rounds_between_stages():
    image = np.full((3, 3), 3, np.uint8)
    scale = stage("point", "scale", gain=0.5, dtype="uint8")  # 1.5 rounds to 2
    result = Pipeline([scale, stage("point", "scale", gain=10)])(image, dtype="float32")
    assert (result == 20).all()


def test_dtype_of_the_last_stage_is_that_of_the_result():
    run = Pipeline([stage("edge", "laplacian", dtype="int16")])
    assert run(np.eye(5, dtype=np.uint8) * 255).min() < 0
    assert run.plan((5, 5)).output_dtype == "int16"


def test_threads_may_share_a_pipeline(edges, rng):
    images = [rng.integers(0, 256, (50 + i, 40), dtype=np.uint8) for i in range(12)]
    want = [edges(image) for image in images]
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda image: edges(image, threads=1), images))
    for one, other in zip(got, want):
        np.testing.assert_array_equal(one, other)


def test_a_call_that_asks_for_something_has_it_after_a_plain_one(edges, rng):
    image = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    plain = edges(image)
    assert edges._usual.cache_info().currsize == 1
    np.testing.assert_array_equal(edges(image, threads=1), plain)
    np.testing.assert_array_equal(edges(np.moveaxis(image, 2, 0), channel_axis=0), np.moveaxis(plain, 2, 0))
    np.testing.assert_array_equal(edges(np.asfortranarray(image)), plain)
    assert edges(image, dtype="float32").dtype == np.float32
    assert edges(image, out=np.empty_like(image)).shape == image.shape
    with pytest.raises(ParameterError, match="threads needs an int"):
        edges(image, threads=0)


@pytest.mark.parametrize(
    ("image", "options", "words"),
    [
        (np.zeros((20, 30, 5), np.uint8), {}, "needs channel_axis"),
        (np.zeros((20, 30), np.int64), {}, "pass image.astype"),
        (np.zeros((20, 30), np.uint8), {"missing": "file"}, "a plain array says nothing"),
    ],
)
def test_a_plain_call_refuses_what_another_does(image, options, words):
    with pytest.raises(ParameterError, match=words):
        Pipeline([stage("point", "abs")], **options)(image)


def test_a_plain_call_warns_its_caller_and_gives_all_results():
    with pytest.warns(RuntimeWarning, match="1 NaN or missing sample became 0") as caught:
        Pipeline([stage("point", "abs")], dtype="uint8")(np.full((1, 1), np.nan))
    assert caught[0].filename == __file__
    soft = stage("blur", "box", name="soft")
    both = Pipeline([soft, stage("point", "abs")], outputs={"soft": "soft"})
    assert set(both(np.zeros((4, 5)))) == {"soft", "result"}


def test_from_yaml(tmp_path):
    path = tmp_path / "job.yaml"
    path.write_text("name: x\nborder: wrap\nstages: [{edge: sobel, stride: 2}]\n")
    run = Pipeline.from_yaml(path)
    assert repr(run) == "Pipeline([stage('edge', 'sobel', stride=2)], name='x', border='wrap')"
    assert run.plan((9, 9)).extent == (5, 5)
    path.write_text("jobs: [{stages: [{edge: sobel}]}, {stages: [{edge: sobel}]}]\n")
    with pytest.raises(ConfigError, match="holds 2 jobs"):
        Pipeline.from_yaml(path)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Pipeline([]), ParameterError, "at least one stage"),
        (lambda: Pipeline(["edge"]), TypeError, r"convpipe.stage\(...\); given 'edge'"),
        (
            lambda: Pipeline([stage("edge", "sobel")], border="mirror"),
            ParameterError,
            "unknown border 'mirror'; scipy.ndimage's 'mirror' is 'reflect' here",
        ),
        (lambda: Pipeline([stage("edge", "sobel")], backend="gpu"), ParameterError, "unknown backend 'gpu'"),
        (lambda: Pipeline([stage("edge", "sobel")], backend="cuda"), BackendError, "cuda"),
        (
            lambda: Pipeline([stage("edge", "sobel")], dtype="int64"),
            ParameterError,
            "given 'int64'; 64-bit integers fit no arithmetic here: cast them",
        ),
        (lambda: Pipeline([stage("edge", "sobel")]).plan((5, 5), "uint7"), ParameterError, "mean 'uint8'"),
        (lambda: Pipeline([stage("edge", "sobel")])(np.zeros((0, 5))), PlanError, "empty: 0 rows"),
        (lambda: Pipeline([stage("edge", "sobel")])(np.zeros(5)), ParameterError, r"given \(5,\)"),
        (lambda: Pipeline([stage("edge", "sobel")])(np.zeros((5, 5), complex)), ParameterError, "complex128"),
    ],
)
def test_refusals(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_a_window_that_does_not_fit_names_its_stage():
    run = Pipeline([stage("edge", "sobel", padding=0), stage("blur", "box", size=9, padding=0)])
    with pytest.raises(PlanError, match=r"stage 1 \(blur box\): its window spans 9 rows .* floor\(\(8 "):
        run.plan((10, 20))


def test_source_is_readable_python(edges):
    source = edges.source((20, 30))
    compile(source, "generated", "exec")
    assert "# level 0: stage 0: blur gaussian" in source
    assert "# level 1: stage 1: edge sobel" in source


def test_public_names():
    assert all(getattr(convpipe, name) for name in convpipe.__all__ if name not in ("Conv2d", "conv2d"))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = convpipe.nothing


@pytest.mark.parametrize("threads", [0, -1, 2.5, "2", True])
def test_a_number_of_threads_that_is_none(threads):
    pipeline = Pipeline([stage("blur", "box")], backend="cpu")
    with pytest.raises(ParameterError, match="threads needs an int from 1 to 2147483647; given"):
        pipeline(np.zeros((40, 30), np.uint8), threads=threads)


@pytest.mark.parametrize("threads", [np.int64(2), np.uint8(1), np.array(1)])
def test_any_integer_is_a_number_of_threads(threads):
    image = np.eye(30, dtype=np.uint8)
    pipeline = Pipeline([stage("blur", "box")])
    np.testing.assert_array_equal(pipeline(image, threads=threads), pipeline(image))


@pytest.mark.parametrize("given", ["no", "", 0, 1, None, [True]])
def test_a_switch_is_true_or_false(given, tmp_path):
    image = np.zeros((9, 9, 4), np.uint8)
    pipeline = Pipeline([stage("blur", "box")])
    for name, call in {
        "alpha": lambda: pipeline(image, alpha=given),
        "alpha ": lambda: pipeline.plan(image.shape, alpha=given),
        "alpha  ": lambda: pipeline.source(image.shape, alpha=given),
        "alpha   ": lambda: pipeline.warm(image.shape, alpha=given),
        "linear_light": lambda: Pipeline([stage("blur", "box")], linear_light=given),
        "bias": lambda: convpipe.Conv2d(1, 1, 3, bias=given),
        **{
            switch: lambda switch=switch: pipeline.run_folder(tmp_path, tmp_path / "out", **{switch: given})
            for switch in ("recursive", "overwrite", "resume", "isolate", "allow_truncated")
        },
    }.items():
        with pytest.raises(ParameterError, match=f"{name.strip()} needs true or false; given"):
            call()


def test_alpha_of_numpy_is_alpha(rng):
    image = rng.integers(0, 256, (9, 9, 4), dtype=np.uint8)
    pipeline = Pipeline([stage("blur", "box")])
    np.testing.assert_array_equal(pipeline(image, alpha=np.True_), pipeline(image, alpha=True))


@pytest.mark.parametrize("dtype", [np.float32, np.dtype("float32"), ">f4", "f4"])
def test_dtypes_are_named_as_numpy_takes_them(dtype):
    image = np.arange(20, dtype=np.uint8).reshape(4, 5)
    stages = [stage("blur", "box")]
    named = Pipeline(stages, dtype="float32")(image)
    assert named.dtype == np.float32
    np.testing.assert_array_equal(Pipeline(stages)(image, dtype=dtype), named)
    np.testing.assert_array_equal(Pipeline(stages, dtype=dtype)(image), named)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Pipeline(stage("blur", "box")), r"stages need a list .* given stage\('blur', 'box'\)"),
        (lambda: Pipeline("edges.yaml"), r"given 'edges\.yaml'; Pipeline\.from_yaml loads a config"),
        (lambda: Pipeline([{"edge": "sobel"}]), r"given \{.*\}; Pipeline\.from_dict takes mappings"),
        (
            lambda: Pipeline([stage("blur", "box")]).plan(np.zeros((4, 5))),
            "given a ndarray; pass image.shape",
        ),
        (
            lambda: Pipeline([stage("blur", "box")]).plan(480),
            r"the shape of an image, as \(480, 640\) .* given 480$",
        ),
        (lambda: Pipeline([stage("blur", "box")], border=["edge"]), "unknown border"),
        (lambda: Pipeline([stage("blur", "box")], dtype=["uint8"]), "unknown dtype"),
        (lambda: Pipeline([stage("blur", "box")]).plan((3.5, 4)), r"an image is .* given \(3.5, 4\)"),
        (lambda: stage(["blur"], "box"), "unknown stage family"),
        (lambda: stage("blur", ["box"]), "unknown blur method"),
    ],
    ids=range(10),
)
def test_values_of_the_wrong_kind(make, words):
    with pytest.raises(ParameterError, match=words):
        make()


def test_arrays_and_lists_say_the_same():
    arrays = stage("blur", "box", size=np.array([3, 5]), padding=np.array([1, 2]))
    lists = stage("blur", "box", size=[3, 5], padding=[1, 2])
    assert (arrays.parameters, arrays.common) == (lists.parameters, lists.common)


@pytest.mark.parametrize(("dtype", "given"), [("float16", "uint16"), (None, "float16")])
def test_what_float16_cannot_hold_is_infinite_as_the_plan_says(dtype, given):
    steep = Pipeline([stage("edge", "sobel", gain=1000.0)], dtype=dtype)
    image = np.zeros((9, 9), given)
    image[:, 4:] = 60_000
    with pytest.warns(RuntimeWarning, match="^18 samples became infinite") as warned:
        result = steep(image)
    assert len(warned) == 1  # none of NumPy's
    assert result.dtype == np.float16
    assert np.isinf(result[4, 4])
    assert result[4, 0] == 0
    said = steep.plan((9, 9), given).saturations
    if given == "uint16":  # whose range is known
        assert "float16 makes those beyond 65504 infinite" in said[0]


@pytest.mark.parametrize("dtype", ["int64", "uint64"])
def test_a_type_that_fits_no_arithmetic_is_to_be_cast(dtype):
    pipeline = Pipeline([stage("blur", "box", size=3)])
    with pytest.raises(
        ParameterError, match=f"given '{dtype}'; 64-bit integers fit no arithmetic here: cast them"
    ):
        pipeline.plan((8, 8), dtype)

"""What is seen has the bytes of a run, and is made of what is kept."""

import graphs
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from test_fusion import cases

from convpipe import Pipeline, stage
from convpipe.display import Shown, stage_values
from convpipe.errors import PlanError
from convpipe.plan.demand import Span
from convpipe.tuner import maker
from convpipe.tuner.drawing import rounded
from convpipe.tuner.kept import Kept, Piece
from convpipe.tuner.sample import Sample
from convpipe.tuner.viewer import View, Viewer


def looking(pipeline, shown, kept=None):
    return Viewer(pipeline.engine, Sample("a.png", lambda: shown), Kept() if kept is None else kept)


def seen(viewer, number, region, focus=None):
    """The values of a region, as the last stage stores them."""
    found = viewer.look(View(number, region, 1, focus))
    return rounded(found.values, viewer.dtype_of(number)), found.region


def cut(values, region):
    rows, cols = region
    return np.atleast_3d(values)[rows.first : rows.last + 1, cols.first : cols.last + 1]


def check(pipeline, shown, data, kept):
    viewer = looking(pipeline, shown, kept)
    for number, _, values in stage_values(pipeline.engine, shown):
        whole = np.atleast_3d(values.samples)
        spans = []
        for size in whole.shape[:2]:
            first, last = sorted(data.draw(st.tuples(*[st.integers(0, size - 1)] * 2)))
            spans.append(Span(first, last))
        focus = data.draw(st.sampled_from([None, *range(len(viewer.stages))]))
        made, region = seen(viewer, number, tuple(spans), focus)
        assert region == tuple(spans)
        np.testing.assert_array_equal(made, cut(whole, region))


@settings(max_examples=30, deadline=None)
@given(cases(), st.data())
def test_chains(case, data):
    stages, image, border = case
    shown, kept = Shown(image), Kept()
    try:
        pipeline = Pipeline(stages, border=border)
        pipeline.plan(image.shape)
    except PlanError:
        assume(False)
    check(pipeline, shown, data, kept)
    # Another value in one stage, and what is kept of the others.
    at = data.draw(st.integers(0, len(stages) - 1))
    given = stages[at].given
    other = stage(stages[at].method.family, stages[at].label, **{**given, "bias": 3})
    check(Pipeline([*stages[:at], other, *stages[at + 1 :]], border=border), shown, data, kept)


@settings(max_examples=30, deadline=None)
@given(graphs.graphs(), st.data())
def test_graphs(drawn, data):
    stages, _, rng = drawn
    image = rng.integers(0, 256, (33, 18), dtype=np.uint8)
    try:
        pipeline = Pipeline(stages, outputs={f"r{one.name}": one.name for one in stages[:-1]})
        pipeline.plan(image.shape)
    except PlanError:
        assume(False)
    check(pipeline, Shown(image), data, Kept())


def test_hidden_masked_and_in_linear_light(rng):
    pixels = rng.integers(0, 256, (40, 50, 4), dtype=np.uint8)
    stages = [
        stage("blur", "gaussian", sigma=1),
        stage("edge", "sobel", stride=2),
        stage("contrast", "stretch"),
    ]
    region = Span(3, 9), Span(5, 20)
    mask = rng.integers(0, 2, (40, 50), dtype=np.uint8)
    for shown in (Shown(pixels, alpha=True), Shown(pixels[..., :3], mask=mask), Shown(pixels[..., 0])):
        pipeline = Pipeline(stages, linear_light=True)
        viewer = looking(pipeline, shown)
        for number, _, values in stage_values(pipeline.engine, shown):
            for focus in (None, 0, 2):
                made, _ = seen(viewer, number, region, focus)
                np.testing.assert_array_equal(made, cut(values.samples, region))


def counted(monkeypatch):
    """The samples of the images that every run of loops reads."""
    made = []
    plain = maker.Maker._made

    def counting(self, wanted, held):
        pieces, seconds = plain(self, wanted, held)
        made.append({at: piece.values.shape[:2] for at, piece in pieces.items()})
        return pieces, seconds

    monkeypatch.setattr(maker.Maker, "_made", counting)
    return made


def test_what_lies_before_the_tuned_stage_is_made_once_and_the_rest_of_what_is_seen(rng, monkeypatch):
    image, kept = rng.integers(0, 256, (400, 500), dtype=np.uint8), Kept()
    made = counted(monkeypatch)
    region = Span(100, 149), Span(200, 259)
    for gain in (1, 2, 3):
        stages = [
            stage("blur", "gaussian", sigma=2),
            stage("edge", "sobel"),
            stage("point", "scale", gain=gain),
        ]
        looking(Pipeline(stages), Shown(image), kept).look(View(2, region, 1, focus=2))
    slack = 2 * maker.SLACK
    assert made == [{1: (50 + slack, 60 + slack)}, *[{2: (50, 60)}] * 3]


def test_another_branch_is_not_made_again(rng, monkeypatch):
    image, kept = rng.integers(0, 256, (300, 300), dtype=np.uint8), Kept()
    made = counted(monkeypatch)
    region = Span(100, 149), Span(100, 149)
    for sigma in (3, 3.1):
        stages = [
            stage("blur", "gaussian", sigma=1, name="fine"),
            stage("blur", "gaussian", sigma=sigma, name="coarse", from_="input"),
            stage("combine", "d", formula="fine - coarse"),
        ]
        looking(Pipeline(stages), Shown(image), kept).look(View(2, region, 1, focus=1))
    assert [list(each) for each in made] == [[0], [2], [2]]


def test_numbers_of_the_image_are_those_of_all_of_it_and_are_found_once(rng, monkeypatch):
    image, kept = rng.integers(0, 256, (300, 300), dtype=np.uint8), Kept()
    made = counted(monkeypatch)
    stages = [stage("contrast", "stretch"), stage("blur", "box", size=3)]
    viewer = looking(Pipeline(stages), Shown(image), kept)
    for left in (0, 50, 100):
        viewer.look(View(1, (Span(10, 19), Span(left, left + 9))))
    assert made == [{0: (300, 300)}, {1: (10, 10)}, {1: (10, 10)}, {1: (10, 10)}]


def test_groups_of_pixels_are_their_means(rng):
    image = rng.integers(0, 256, (31, 45, 3), dtype=np.uint8)
    viewer = looking(Pipeline([stage("point", "invert")]), Shown(image))
    found = viewer.look(View(0, None, 4))
    assert found.values.shape == (7, 11, 3)
    want = (255.0 - image[:28, :44]).reshape(7, 4, 11, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(found.values, want, rtol=1e-6)
    np.testing.assert_allclose(viewer.look(View(-1, None, 4)).values, 255 - want, rtol=1e-6)


def test_of_numbers_of_objects_a_pixel_shows_one_and_no_mean(rng):
    image = np.kron(rng.integers(0, 2, (8, 9), dtype=np.uint8), np.ones((3, 3), np.uint8)) * 255
    pipeline = Pipeline([stage("objects", "label", connectivity=1), stage("blur", "box")])
    viewer, labels = looking(pipeline, Shown(image)), Pipeline([pipeline.stages[0]])(image)
    found = viewer.look(View(0, None, 2))
    np.testing.assert_array_equal(found.values[..., 0], labels[::2, ::2])
    small = viewer.look(View(0, None, size=(12, 9))).values[..., 0]
    np.testing.assert_array_equal(small, labels[1::2, 1::3])
    assert found.labels
    assert not viewer.look(View(1, None, 2)).labels
    assert not viewer.look(View(-1)).labels


def test_what_is_beyond_the_image_is_not_there(rng):
    image = rng.integers(0, 256, (30, 40), dtype=np.uint8)
    viewer = looking(Pipeline([stage("edge", "sobel")]), Shown(image))
    assert viewer.look(View(0, (Span(-5, 99), Span(50, 60)))).values.shape == (30, 1, 1)
    assert viewer.look(View(-1, (Span(28, 99), Span(0, 1)))).values.shape == (2, 2, 1)


def test_compiling_is_signed(rng):
    signs = []
    image = rng.integers(0, 256, (30, 40), dtype=np.uint8)
    engine = Pipeline([stage("edge", "sobel")]).engine
    Viewer(engine, Sample("a", lambda: Shown(image)), Kept(), signs.append).look(View(0))
    assert signs == ["compiling", "running", ""]


def test_the_longest_unused_is_let_go():
    kept = Kept(most_bytes=250)
    whole = Span(0, 9), Span(0, 9)
    for key in "abc":
        kept.keep(key, Piece(whole, np.zeros((10, 10, 1), np.uint8)))
        kept.find("a")
    assert kept.find("a")
    assert kept.find("b") is None
    kept.keep("a", Piece((Span(0, 1), Span(0, 1)), np.zeros((2, 2, 1), np.uint8)))
    assert kept.find("a").region == whole


def test_time(rng):
    image = rng.integers(0, 256, (30, 40), dtype=np.uint8)
    assert 0 < looking(Pipeline([stage("edge", "sobel")]), Shown(image)).time() < 60


@pytest.mark.parametrize("family", ["network"])
def test_a_scaling_that_is_folded_into_a_layer(family, rng):
    image = rng.integers(0, 256, (30, 40, 1), dtype=np.uint8)
    stages = [
        stage(family, "conv", weights=rng.normal(size=(2, 1, 3, 3)).tolist()),
        stage(family, "batch_norm", mean=[1, 2], var=[3, 4]),
        stage(family, "relu"),
    ]
    pipeline, shown = Pipeline(stages, dtype="float32"), Shown(image)
    viewer = looking(pipeline, shown)
    for number, _, values in stage_values(pipeline.engine, shown):
        made, _ = seen(viewer, number, (Span(3, 9), Span(5, 20)), focus=2)
        np.testing.assert_array_equal(made, cut(values.samples, (Span(3, 9), Span(5, 20))))


def test_all_of_it_at_a_size_is_the_mean_of_what_each_pixel_covers(rng):
    image = rng.integers(0, 256, (30, 45), dtype=np.uint8)
    viewer = looking(Pipeline([stage("point", "invert")]), Shown(image))
    found = viewer.look(View(0, None, size=(12, 30)))
    assert found.values.shape == (12, 30, 1)
    assert found.step == (2.5, 1.5)
    total = (255.0 - image).mean()
    assert found.values.mean() == pytest.approx(total, rel=1e-6)


def test_a_slider_across_radii_compiles_a_few_loops(rng, monkeypatch):
    from convpipe.compile.cpu import executable

    known, plain = set(), executable.address_of
    monkeypatch.setattr(executable, "address_of", lambda loop: known.add(loop) or plain(loop))
    image, kept = rng.integers(0, 256, (200, 300), dtype=np.uint8), Kept()
    region = Span(50, 120), Span(60, 200)
    for sigma in np.arange(5, 101, 3) / 10:
        stages = [stage("blur", "gaussian", sigma=float(sigma)), stage("edge", "sobel")]
        looking(Pipeline(stages), Shown(image), kept).look(View(1, region, focus=0))
    assert len(known) <= 16, sorted(loop.title for loop in known)

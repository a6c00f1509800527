"""Stages and pipelines are values: they compare, hash, pickle, and their repr and YAML build them."""

import pickle
from decimal import Decimal

import numpy as np
import pytest

import convpipe
from convpipe import Pipeline, stage
from convpipe.geometry import Border
from convpipe.stages import ANY_LABEL, families

METHODS = [method for methods in families().values() for method in methods.values()]
PIPELINES = [
    lambda: Pipeline([stage("edge", "sobel")]),
    lambda: Pipeline([stage("blur", "gaussian", sigma=1.4, stride=[2, 1]), stage("edge", "sobel")]),
    lambda: Pipeline([stage("blur", "box")], linear_light=True, border="wrap"),
    lambda: Pipeline([stage("blur", "box")], dtype="float32", name="a 'name': \"#1\" é"),
    lambda: Pipeline([stage("blur", "box")], backend="auto"),
    lambda: Pipeline([stage("custom", "it's: [mine]", kernel=np.eye(3) / 3, padding=(1, 2), value=1e-7)]),
    lambda: Pipeline([stage("blur", "box", border=Border.EDGE, size=np.int64(5), bias=Decimal("0.5"))]),
]


@pytest.mark.parametrize("make", PIPELINES, ids=range(len(PIPELINES)))
class TestPipelines:
    def test_repr_builds_it(self, make):
        assert eval(repr(make()), vars(convpipe) | {"Pipeline": Pipeline, "stage": stage}) == make()

    def test_pickle_dict_and_yaml_build_it(self, make, tmp_path):
        (tmp_path / "a.yaml").write_text(make().to_yaml())
        for built in (
            pickle.loads(pickle.dumps(make())),
            Pipeline.from_dict(make().to_dict()),
            Pipeline.from_yaml(tmp_path / "a.yaml") if make().name != "pipeline" else make(),
        ):
            assert built == make()
            assert hash(built) == hash(make())
            assert built.stages == make().stages
            assert repr(built) == repr(make())

    def test_no_other_is_equal(self, make):
        assert sum(make() == other() for other in PIPELINES) == 1
        assert len({make(), *(other() for other in PIPELINES)}) == len(PIPELINES)
        assert make() != repr(make())


@pytest.mark.parametrize("method", METHODS, ids=lambda method: f"{method.family}-{method.name}")
def test_every_stage(method):
    def made_with(**given):
        label = "mine" if method.name == ANY_LABEL else method.name
        return stage(method.family, label, **{**method.example, **given})

    made, again = made_with(stride=2, name="a"), made_with(stride=[2, 2], name="a")
    assert made == again
    assert hash(made) == hash(again)
    for built in (eval(repr(made), vars(convpipe) | {"stage": stage}), pickle.loads(pickle.dumps(made))):
        assert built == made
        assert (built.given, built.parameters, built.common) == (made.given, made.parameters, made.common)
    assert made != made_with(stride=2)
    assert made != made_with(stride=2, name="a", bias=1)


def test_a_pickled_pipeline_filters(rng):
    image = rng.integers(0, 256, (9, 8), dtype=np.uint8)
    made = Pipeline([stage("blur", "box")])
    want = made(image)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(made))(image), want)


def test_the_yaml_of_a_pipeline():
    made = Pipeline([stage("custom", "sharpen", kernel=[[0, -1], [-1, 5]])], name="x", border="edge")
    assert made.to_yaml() == (
        "name: x\nborder: edge\nstages:\n- custom: sharpen\n  kernel:\n  - [0, -1]\n  - [-1, 5]\n"
    )

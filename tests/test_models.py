"""Chains out of ONNX models: what the evaluator of the format makes of them; others are refused by name."""

import json

import numpy as np
import pytest

from convpipe import Pipeline, config
from convpipe.config import schema
from convpipe.errors import ConfigError, ParameterError
from convpipe.stages.models import stages_of

onnx = pytest.importorskip("onnx")
helper = onnx.helper


@pytest.fixture
def model(tmp_path):
    """Return what writes a chain of nodes, each (type, constants, attributes); the path and a function."""

    def make(*nodes, channels=3, names=None, outputs=1):
        made, held, before = [], [], "image"
        for at, (kind, constants, attributes) in enumerate(nodes):
            inputs = [before]
            for number, value in enumerate(constants):
                inputs.append("" if value is None else f"n{at}.{number}")
                if value is not None:
                    held.append(onnx.numpy_helper.from_array(np.asarray(value, np.float32), inputs[-1]))
            before = f"t{at}"
            name = f"{kind.lower()}{at}" if names is None else names[at]
            made.append(helper.make_node(kind, inputs, [before], name=name, **attributes))
        value = helper.make_tensor_value_info
        graph = helper.make_graph(
            made,
            "chain",
            [value("image", onnx.TensorProto.FLOAT, [1, channels, None, None])],
            [value(before, onnx.TensorProto.FLOAT, None)],
            initializer=held,
        )
        whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)])
        onnx.save(whole, tmp_path / "m.onnx")
        return str(tmp_path / "m.onnx"), whole

    return make


def evaluated(whole, image):
    """Return what the reference evaluator of the format gives, channels last."""
    runs = pytest.importorskip("onnx.reference").ReferenceEvaluator(whole)
    (found,) = runs.run(None, {"image": np.moveaxis(image, -1, 0)[None]})
    return np.moveaxis(found[0], 0, -1)


def norm(rng, channels):
    scale, shift, mean = rng.normal(size=(3, channels))
    return [scale, shift, mean, rng.uniform(0.5, 2, channels)]


def nodes_of(case, rng):
    if case == "a first block":
        conv = {"strides": [2, 2], "pads": [3, 3, 3, 3], "kernel_shape": [7, 7]}
        pool = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}
        weights = rng.normal(size=(8, 3, 7, 7)) / 12
        return [
            ("Conv", [weights], conv),
            ("BatchNormalization", norm(rng, 8), {"epsilon": 1e-3}),
            ("Relu", [], {}),
            ("MaxPool", [], pool),
        ]
    if case == "all others":
        return [
            ("BatchNormalization", norm(rng, 3), {}),
            ("Conv", [rng.normal(size=(6, 1, 2, 3)), rng.normal(size=6)], {"group": 3, "dilations": [2, 1]}),
            ("LeakyRelu", [], {"alpha": 0.125}),
            ("Identity", [], {}),
            ("AveragePool", [], {"kernel_shape": [2, 3], "pads": [1, 1, 0, 1], "strides": [1, 2]}),
            ("Clip", [-0.75, 1.5], {}),
            ("Conv", [rng.normal(size=(4, 6, 3, 3))], {"auto_pad": "SAME_LOWER", "strides": [2, 2]}),
            ("Clip", [None, 5], {}),
            ("Sigmoid", [], {}),
        ]
    pool = {"kernel_shape": [3, 2], "strides": [2, 3], "ceil_mode": 1}
    return [
        ("MaxPool", [], {**pool, "pads": [1, 1, 1, 0]}),
        ("AveragePool", [], {"kernel_shape": [2, 2], "count_include_pad": 1, "pads": [1, 1, 1, 1]}),
    ]


@pytest.mark.parametrize("case", ["a first block", "all others", "pools"])
def test_a_chain_gives_what_the_formats_own_evaluator_does(case, model, rng):
    path, whole = model(*nodes_of(case, rng))
    image = rng.random((33, 41, 3)).astype(np.float32)
    got, want = Pipeline(stages_of(path))(image), evaluated(whole, image)
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5 * np.abs(want).max())
    assert got.shape == want.shape


def test_a_config_names_a_model_and_where_it_ends(model, rng, tmp_path):
    path, _ = model(*nodes_of("a first block", rng))
    first = "- {network: normalize, mean: 0.5, std: 0.5}"
    text = f"stages:\n{first}\n- {{network: onnx, file: {path}, to: relu2}}\n"
    pipeline = Pipeline.from_yaml(text)
    assert [each.method.title for each in pipeline.stages] == [
        "network normalize", "network conv", "network batch_norm", "network relu",
    ]  # fmt: skip
    assert pipeline.plan((32, 40, 3)).stages[2].origin.folded == "stage 1 (network conv)"
    assert Pipeline.from_yaml(pipeline.to_yaml()).stages == pipeline.stages
    last = "- {combine: c, formula: a * 2, dtype: int16}"
    named = Pipeline.from_yaml(f"stages:\n- {{network: onnx, file: {path}, name: a}}\n{last}\n")
    assert [each.channels for each in named.plan((32, 40, 3)).stages][-2:] == [8, 8]
    assert [each.method.name for each in stages_of(path, to="t0")] == ["conv"]


@pytest.mark.parametrize(
    ("entry", "place", "words"),
    [
        ("to: relu", "2:37", "no node 'relu'; did you mean 'relu1'?"),
        ("too: relu1", "2:33", "network onnx has no parameter 'too'; did you mean 'to'?"),
        ("to: [1]", "2:37", "to needs a line of text"),
    ],
)
def test_errors_are_where_they_are(entry, place, words, model, tmp_path, monkeypatch, rng):
    model(("Conv", [rng.normal(size=(2, 3, 1, 1))], {}), ("Relu", [], {}))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(f"stages:\n- {{network: onnx, file: m.onnx, {entry}}}\n")
    with pytest.raises(ConfigError) as caught:
        config.load("a.yaml")
    assert words in str(caught.value)
    assert f"a.yaml:{place}:" in str(caught.value)


def test_what_is_no_chain_of_layers_is_refused_by_name_and_type(model, rng, tmp_path):
    conv, relu = ("Conv", [rng.normal(size=(2, 3, 1, 1))], {}), ("Relu", [], {})
    path, whole = model(conv, relu, ("Softmax", [], {}))
    with pytest.raises(ParameterError, match=r"'softmax2' is of type Softmax; taken are Conv.*'to: relu1'"):
        stages_of(path)
    assert [each.method.name for each in stages_of(path, to="relu1")] == ["conv", "relu"]
    whole.graph.node.append(helper.make_node("Add", ["t0", "t1"], ["sum"], name="add"))
    onnx.save(whole, path)
    with pytest.raises(ParameterError, match=r"what 't0' gives is read by 'relu1' and 'add'.*'to: conv0'"):
        stages_of(path)
    path, _ = model(("Conv", [rng.normal(size=(2, 3, 5))], {}))
    with pytest.raises(ParameterError, match=r"'conv0' of type Conv: weights need .* given \(2, 3, 5\)"):
        stages_of(path)
    path, _ = model(("MaxPool", [], {"kernel_shape": [3, 3], "pads": [2, 2, 2, 2]}))
    with pytest.raises(ParameterError, match="'maxpool0' of type MaxPool: padding is at most half"):
        stages_of(path)
    path, _ = model(("Identity", [], {}))
    with pytest.raises(ParameterError, match="changes anything"):
        stages_of(path)
    with pytest.raises(ParameterError, match=r"file: .*none\.onnx' cannot be read: No such file"):
        stages_of(str(tmp_path / "none.onnx"))


def test_the_schema_takes_it(tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    whole = json.loads(json.dumps(schema()))
    check = jsonschema.Draft7Validator(whole)
    assert not list(check.iter_errors({"stages": [{"network": "onnx", "file": "m.onnx", "to": "relu1"}]}))
    assert list(check.iter_errors({"stages": [{"network": "onnx"}]}))
    assert list(check.iter_errors({"stages": [{"network": "onnx", "file": "m.onnx", "stride": 2}]}))

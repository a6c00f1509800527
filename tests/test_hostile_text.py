"""Text that callers give is no source: loops and kernels are the same whatever things are called."""

import dataclasses

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_stages import EVERY_METHOD, ids, make

from convpipe import Conv2d, Pipeline, config, conv2d, stage
from convpipe.compile.common.text import Text
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.compile.cuda.groups import Tiling
from convpipe.compile.cuda.kernels import make_kernels
from convpipe.errors import ConfigError, ParameterError
from convpipe.ops import Cast, Stencil
from convpipe.stages import families

CODE = "MARK = __import__('os').getpid()"
HOSTILE = [
    CODE,
    *(f"x{end}{CODE}" for end in ("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029")),
    f"x\\\n{CODE}",
    f"'{CODE}#",
    f'"""\n{CODE}\n"""',
    "{compute}",
    "{0.__class__}",
    "%s %(x)s",
    "x\0",
    "\ufeff# -*- coding: utf-7 -*-",
    "ｉｍｐｏｒｔ",
    "\udcff",
    "x " * 2000,
    "",
]
KERNEL = [[1.0, 2.0], [0.5, 1.0]]


def sources(pipeline, channels=4, alpha=True):
    """The Python of the loop and of the kernels, in all of which nothing is compiled."""
    plan = pipeline.plan((9, 11, channels), "uint8", alpha=alpha)
    return compile_plan(plan).source, "".join(part.source for part in make_kernels(plan, Tiling()))


def custom(label="mine", **common):
    return stage("custom", label, kernel=KERNEL, **common)


PLAIN = sources(Pipeline([custom(), stage("edge", "sobel")]))


def hostile(test):
    for text in HOSTILE:
        test = example(text)(test)
    return settings(max_examples=150, deadline=None)(given(st.text(min_size=1))(test))


@hostile
def test_labels_and_names_of_stages(text):
    for one in (lambda: custom(text), lambda: custom(name=text)):
        try:
            made = one()
        except ParameterError as error:
            refused = not text.isprintable() or not text or "a word of formulas" in str(error)
            assert refused
            continue
        assert text.isprintable()
        assert sources(Pipeline([made, stage("edge", "sobel", name=made.name)], name=text)) == PLAIN


@hostile
def test_labels_and_names_in_a_config(text):
    stages = [{"custom": text, "kernel": KERNEL}, {"edge": "sobel", "name": text}]
    try:
        job = config.from_dict({"name": text, "stages": stages})
    except ConfigError as error:
        refused = not text.isprintable() or not text or "name cannot be" in str(error)
        assert refused
        return
    assert sources(Pipeline.from_job(job, backend="cpu")) == PLAIN


@pytest.mark.parametrize("text", HOSTILE)
def test_names_that_nothing_has_checked(text):
    # As one who changes the objects by hand could have them.
    made = custom()
    object.__setattr__(made, "label", text)
    object.__setattr__(made, "common", {**made.common, "name": text})
    assert sources(Pipeline([made, stage("edge", "sobel")])) == PLAIN


@pytest.mark.parametrize("text", [text for text in HOSTILE if not text.isprintable() or not text])
def test_objects_made_of_others_are_checked_too(text):
    made = custom()
    with pytest.raises(ParameterError, match="label needs a line of text"):
        dataclasses.replace(made, label=text)
    with pytest.raises(ParameterError, match="name needs a line of text"):
        dataclasses.replace(made, common={**made.common, "name": text})
    with pytest.raises(ParameterError, match="name needs a line of text"):
        Pipeline([made], name=text)


def test_the_label_of_a_method_is_its_name():
    with pytest.raises(ParameterError, match="label of edge sobel is its method; given 'scharr'"):
        dataclasses.replace(stage("edge", "sobel"), label="scharr")


def test_a_config_whose_file_name_is_no_line_of_text(tmp_path):
    path = tmp_path / "x\nfoo.yaml"
    path.write_text("stages: [{edge: sobel}]")
    assert Pipeline.from_yaml(path).name == "x\\nfoo"


@pytest.mark.parametrize("method", EVERY_METHOD, ids=ids)
def test_every_parameter_refuses_text_that_is_not_its_own(method):
    for parameter in method.accepted:
        for text in HOSTILE:
            if parameter.name != "name":
                with pytest.raises(ParameterError):
                    make(method, **{parameter.name: text})
            with pytest.raises(ParameterError):
                make(method, **{f"{parameter.name}{text or ' '}": 1})


@pytest.mark.parametrize("text", HOSTILE)
def test_every_other_string_of_a_call(text):
    x, w = np.zeros((4, 4), np.float32), np.ones((2, 2), np.float32)
    calls = [
        lambda: Pipeline([custom()], border=text),
        lambda: Pipeline([custom()], dtype=text),
        lambda: Pipeline([custom()], backend=text),
        lambda: Pipeline([custom()]).plan((4, 4), text),
        lambda: Pipeline([custom()])(x, dtype=text),
        lambda: stage(text, "sobel"),
        lambda: stage("edge", text),
        lambda: conv2d(x, w, padding=text),
        lambda: conv2d(x, w, padding_mode=text),
        lambda: conv2d(x, w, stride=text),
        lambda: Conv2d(1, 1, 2, padding=text),
        lambda: Conv2d(1, 1, 2, padding_mode=text),
        lambda: Cast(text),
        lambda: Stencil((), (text,)),
    ]
    for call in calls:
        with pytest.raises((ParameterError, ValueError, TypeError)):
            call()
    with pytest.raises(ValueError, match="a method is named by"):
        dataclasses.replace(families()["edge"]["sobel"], family=text)


@pytest.mark.parametrize("key", ["border", "dtype", "backend", "linear_light", "stages"])
@pytest.mark.parametrize("text", HOSTILE)
def test_every_other_string_of_a_config(key, text):
    with pytest.raises(ConfigError):
        config.from_dict({"stages": [{"edge": "sobel"}], key: text})
    with pytest.raises(ConfigError):
        config.from_dict({"stages": [{"edge": "sobel"}], text: key})
    with pytest.raises(ConfigError):
        config.from_dict({"stages": [{"edge": text}]})


@pytest.mark.parametrize("text", [text for text in HOSTILE if not (text.isascii() and text.isprintable())])
def test_no_line_of_source_is_more_than_one(text):
    with pytest.raises(ValueError, match="no line of source"):
        Text().line(f"# {text}")


def test_the_transform_s_source_has_no_label():
    large = stage("custom", "outlines", kernel=np.random.default_rng(1).random((50, 50)).tolist())
    plan = Pipeline([large]).plan((60, 60))
    assert "outlines" not in compile_plan(plan).source

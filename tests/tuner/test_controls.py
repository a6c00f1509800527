"""Every parameter of every method has a control that the page knows, and every method can be added."""

import json
import math
import re
from importlib import resources

import pytest

from convpipe.config import load_text
from convpipe.config.job import JOB_KEYS
from convpipe.config.scalars import written
from convpipe.stages import families
from convpipe.tuner.controls import catalogue, control, controls, example_of
from convpipe.tuner.edits import OPTIONS

METHODS = [method for methods in families().values() for method in methods.values()]


def kinds_of_the_page():
    text = (resources.files("convpipe.tuner") / "page" / "controls.js").read_text()
    makers = text[text.index("const makers") : text.index("function typed")]
    return set(re.findall(r"^  (\w+)(?:\(|:)", makers, re.MULTILINE))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.title)
def test_every_parameter_has_a_control(method):
    made = controls(method)
    assert [one["name"] for one in made["own"]] == [parameter.name for parameter in method.parameters]
    for one in (*made["own"], *made["common"]):
        json.dumps(one, allow_nan=False)
        assert one["kind"] in kinds_of_the_page()
        assert one["doc"]
        if "low" in one:
            assert math.isfinite(one["high"])
            assert one["low"] < one["high"]
        if one.get("log"):
            assert one["low"] > 0


def test_every_option_has_one():
    for key in OPTIONS.values():
        assert control(key)["kind"] in kinds_of_the_page()
    assert OPTIONS.keys() <= {key.name for key in JOB_KEYS}


def test_ends_are_the_declared_ones_or_around_what_is_typical():
    made = {one["name"]: one for one in controls(families()["blur"]["gaussian"])["own"]}
    assert (made["sigma"]["low"], made["sigma"]["high"], made["sigma"]["log"]) == (0.1, 100, True)
    made = {one["name"]: one for one in controls(families()["rank"]["percentile"])["own"]}
    assert (made["percentile"]["low"], made["percentile"]["high"]) == (0, 100)
    made = {one["name"]: one for one in controls(families()["point"]["threshold"], 65535)["own"]}
    assert made["level"]["high"] >= 1


@pytest.mark.parametrize("found", catalogue(), ids=lambda one: f"{one['family']} {one['method']}")
def test_every_method_can_be_added(found):
    entry = example_of(found["family"], found["method"])
    text = "".join(f"    {key}: {written(value)}\n" for key, value in entry.items())
    (job,) = load_text(f"stages:\n  -\n{text}")
    assert job.stages[0].method is families()[found["family"]][found["method"] or "LABEL"]


def test_the_search_finds_what_people_call_it():
    def found(*words):
        return {
            (one["family"], one["method"])
            for one in catalogue()
            if all(word in one["words"] for word in words)
        }

    assert ("rank", "median") in found("median")
    assert ("edge", "canny") in found("edges", "gradient")
    assert ("custom", None) in found("kernel")

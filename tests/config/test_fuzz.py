"""A few seconds of the config fuzzer, always the same ones; and what longer runs found."""

import random

import fuzz_config
import pytest

from convpipe import config
from convpipe.errors import ConfigError
from convpipe.pipeline import Pipeline


@pytest.mark.parametrize("seed", range(4))
def test_any_text_is_a_plan_or_an_error_that_says_where(seed, tmp_path):
    rng = random.Random(seed)
    for _ in range(400):
        outcome, data, overrides = fuzz_config.fuzz(rng, tmp_path)
        assert not outcome.startswith("FOUND"), (outcome, data, overrides)


def test_the_fuzzer_notices_what_it_looks_for(tmp_path, monkeypatch):
    path = tmp_path / "job.yaml"
    path.write_text(fuzz_config.SEEDS[0])
    assert fuzz_config.judge(path, [], (20, 30), "uint8") == "plan"

    def broken(*_):
        raise KeyError("sigma")

    monkeypatch.setattr(config, "load", broken)
    with pytest.raises(fuzz_config.Found, match="KeyError"):
        fuzz_config.judge(path, [], (20, 30), "uint8")


def test_a_power_past_the_largest_float_has_no_bound():
    stages = [{"point": "scale", "gain": 2}, {"point": "gamma", "gamma": 2147483647}]
    plan = Pipeline.from_dict({"stages": stages}).plan((3, 3))
    assert (plan.stages[-1].range.low, plan.stages[-1].range.high) == (0, float("inf"))


@pytest.mark.parametrize("option", ["a\nb=1", "a.b=\x07", "stages.0.x=\u202e", "9" * 5000 + ".a=1"])
def test_an_override_is_named_on_one_line_without_control_characters(load, option):
    with pytest.raises(ConfigError) as error:
        load("stages: [{edge: sobel}]\n", [option])
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 1000


def test_a_key_that_an_override_offers_is_shown_without_control_characters(load):
    with pytest.raises(ConfigError) as error:
        load('"\\x1b[31m": 1\n', ["stagez.0.sigma=1"])
    assert str(error.value).isprintable()


def test_a_newline_in_a_file_name_ends_no_line():
    with pytest.raises(ConfigError, match=r"^no\\nsuch\.yaml: cannot be read"):
        config.load("no\nsuch.yaml")


def test_an_alias_is_named_without_control_characters(load):
    with pytest.raises(ConfigError, match=r"the alias \*e\\u202e has no anchor"):
        load("stages: *e\u202e\n")

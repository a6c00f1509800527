"""What is no formula is refused at once, where it stands, in a formula and in a config that has it."""

import json

import pytest
from formulas import MISSPELT, hostile

from convpipe.config import load_text
from convpipe.errors import ConfigError, ParameterError
from convpipe.formula import Formula
from convpipe.formula.language import read

CASES = list(dict(hostile()).items())


def test_there_are_200_of_them():
    assert len(CASES) >= 200


@pytest.mark.parametrize(("text", "place"), CASES, ids=range(len(CASES)))
def test_it_is_refused_where_it_stands(text, place):
    with pytest.raises(ParameterError) as caught:
        Formula(text)
    assert 0 <= caught.value.offset <= len(text)
    if place is not None:
        assert caught.value.offset == place, caught.value
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(("text", "place"), CASES, ids=range(len(CASES)))
def test_a_config_names_its_line_and_column(text, place):
    quoted = json.dumps(text)
    with pytest.raises(ConfigError) as caught:
        load_text(f"stages:\n  - combine: it\n    formula: {quoted}\n")
    error = caught.value.errors[0]
    if error.message.startswith("not YAML"):  # what YAML has no character for
        return
    assert (error.path, error.line) == ("<text>", 3)
    assert 14 <= error.column <= 14 + len(quoted)
    if place is not None and quoted == f'"{text}"' and text.strip() and place < len(text):
        assert error.column == 15 + place, error


@pytest.mark.parametrize("text", MISSPELT)
def test_the_nearest_name_is_offered(text):
    with pytest.raises(ParameterError, match=MISSPELT[text][1].replace("?", r"\?")):
        read(text)


def test_an_unknown_image_is_named_where_it_stands():
    with pytest.raises(ConfigError) as caught:
        load_text(
            "stages:\n  - {edge: sobel, name: edges}\n  - combine: it\n    formula: input - 2 * mean(edgs)\n"
        )
    assert (caught.value.line, caught.value.column) == (4, 31)
    assert "there is no stage 'edgs'; did you mean 'edges'?" in caught.value.message

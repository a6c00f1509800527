"""Errors inside a text point at its character, however YAML writes the text."""

import pytest

from convpipe import ConfigError
from convpipe.config import load_text

HEAD = "stages:\n  - {blur: box, size: 3, name: soft}\n  - combine: it\n"

CASES = {
    "plain": ("    formula: input - soft + huh\n", (4, 29)),
    "plain, folded": ("    formula: input -\n      soft +\n      huh\n", (6, 7)),
    "single quotes": ("    formula: 'input - soft + huh'\n", (4, 30)),
    "double quotes": ('    formula: "input - soft + huh"\n', (4, 30)),
    "escapes": ('    formula: "input \\x2d soft \\u002b huh"\n', (4, 38)),
    "escaped tab": ('    formula: "input -\\tsoft + huh"\n', (4, 31)),
    "double quotes, folded": ('    formula: "input -\n      soft\n\n      + huh"\n', (7, 9)),
    "a line that goes on": ('    formula: "input - so\\\n      ft + huh"\n', (5, 12)),
    "literal": ("    formula: |\n      input -\n      soft + huh\n", (6, 14)),
    "folded": ("    formula: >-\n\n      input -\n      soft + huh\n", (7, 14)),
    "anchor": ("    formula: &this input - soft + huh\n", (4, 35)),
    "after a comment": ("    # of both\n    formula: input - huh\n", (5, 22)),
    "in braces": ("  - {combine: other, formula: input - huh}\n", None),
}


@pytest.mark.parametrize("form", CASES)
def test_it_points_at_the_name_that_is_wrong(form):
    text, place = CASES[form]
    if place is None:
        text, place = "    formula: input + soft\n" + text, (5, 39)
    with pytest.raises(ConfigError) as caught:
        load_text(HEAD + text)
    (error,) = caught.value.errors
    assert "there is no stage 'huh'" in error.message
    assert (error.line, error.column) == place
    line = (HEAD + text).split("\n")[error.line - 1]
    assert line[error.column - 1 :].startswith("huh")


@pytest.mark.parametrize(
    ("formula", "place"),
    [
        ("input +", (4, 21)),
        ("(input", (4, 14)),
        ("input  +  1 1", (4, 26)),
        ("'input + '", (4, 22)),
        ("|\n      input +\n", (5, 14)),
    ],
)
def test_it_points_at_what_is_no_syntax(formula, place):
    with pytest.raises(ConfigError) as caught:
        load_text(f"stages:\n  - {{blur: box, size: 3}}\n  - combine: it\n    formula: {formula}\n")
    error = caught.value.errors[0]
    assert (error.line, error.column) == place


def test_what_has_no_lines_has_no_place():
    from convpipe.config import from_dict

    with pytest.raises(ConfigError, match=r"<dict>: stages\[0\].formula: formula: expression 'sqr\(input\)'"):
        from_dict({"stages": [{"combine": "it", "formula": "sqr(input)"}]})

"""Names by which stages and outputs refer to stages: what a config may say, and what is wrong where."""

import pytest

from convpipe import config
from convpipe.config import ResultSpec
from convpipe.errors import ConfigError

TEXT = """\
name: dog
stages:
  - {blur: gaussian, sigma: 1, name: fine}
  - {blur: gaussian, sigma: 3, from: input, name: coarse}
  - combine: difference
    formula: fine - coarse
outputs:
  background: {from: coarse, format: tif}
  coarse:
  sharp: fine
"""


def test_a_graph_loads(load):
    (job,) = load(TEXT)
    assert [stage.reads for stage in job.stages] == [(None,), ("input",), ("fine", "coarse")]
    assert job.outputs == {
        "background": ResultSpec("coarse", "tiff"),
        "coarse": ResultSpec("coarse"),
        "sharp": ResultSpec("fine"),
    }


def test_a_formula_may_take_several_lines(load):
    (job,) = load("stages:\n  - combine: a\n    formula: >\n      input\n      / 2\n")
    assert job.stages[0].parameters["formula"].text == "input / 2"


def test_an_output_is_set_from_outside(load):
    (job,) = load(TEXT, ["outputs.background.format=png", "coarse.sigma=5"])
    assert job.outputs["background"].format == "png"
    assert job.stages[1].parameters["sigma"] == (5.0, 5.0)


def test_outputs_may_be_those_of_defaults(load):
    stages = "stages: [{edge: sobel, name: e}, {blur: box, from: input}]"
    text = f"defaults:\n  {stages}\njobs:\n  - {{name: a, outputs: {{e: e}}}}\n  - name: b\n    {stages}\n"
    with pytest.raises(ConfigError) as caught:
        load(text)
    (error,) = caught.value.errors
    assert error.line == 6
    assert "no stage reads what it gives" in error.message


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("fine - coarse", "fien - coarse", "6:14", "there is no stage 'fien'; did you mean 'fine'?"),
        ("from: input", "from: inptu", "4:38", "there is no stage 'inptu'; did you mean 'input'?"),
        ("from: input", "from: coarse", "4:38", "stage 'coarse' would read itself"),
        ("from: input", "from: 3", "4:38", "from needs the name of a stage before it"),
        ("sigma: 1, name: fine", "sigma: 1, from: coarse, name: fine", "3:38", "comes later, as stage 1"),
        ("fine - coarse", "input - coarse", None, None),
        ("  sharp: fine\n", "", None, None),
        ("sharp: fine", "sharp: fin", "10:10", "there is no stage 'fin'; did you mean 'fine'?"),
        (
            "from: coarse, f",
            "from: coarser, f",
            "8:22",
            "there is no stage 'coarser'; did you mean 'coarse'?",
        ),
        ("  coarse:", "  course:", "9:3", "there is no stage 'course'; did you mean 'coarse'?"),
        ("sharp: fine", "result: fine", "10:3", "a result cannot be called 'result'"),
        ("sharp: fine", "two words: fine", "10:3", "the name of a result needs letters, digits and _"),
        ("format: tif", "path: x", "8:30", "unknown key 'path' in the output 'background'"),
        ("format: tif", "quality: 200", "8:39", "quality needs an int from 1 to 100"),
        (
            "name: fine",
            "name: result",
            "3:38",
            "name cannot be 'result', which means",
        ),
        ("name: fine", "name: sqrt", "3:38", "name cannot be 'sqrt', a word of formulas"),
        ("sharp: fine", "sharp: result", "10:10", "there is no stage 'result': that is what the last"),
        ("fine - coarse", "fine -- -", "6:23", "formula: expression 'fine -- -', column"),
        ("fine - coarse", "abs(fine", "6:17", "a comma ends a value: put the formula in quotes"),
        ("fine - coarse", "med(fine)", "6:14", "unknown function 'med'"),
        ("formula: fine - coarse", "from: fine", "6:5", "combine difference has no parameter 'from'"),
        ("outputs:\n", "outputs: [a]\nx-a:\n", "7:10", "outputs needs a mapping"),
        ("sharp: fine", "sharp: [fine]", "10:10", "the output 'sharp' needs a mapping"),
    ],
)
def test_what_refers_to_nothing(load, old, new, where, words):
    assert old in TEXT
    text = TEXT.replace(old, new, 1)
    if where is None:
        load(text)
        return
    with pytest.raises(ConfigError) as caught:
        load(text)
    errors = [error for error in caught.value.errors if words in error.message]
    assert [f"{error.line}:{error.column}" for error in errors] == [where], caught.value


def test_a_name_that_is_referred_to_is_given_once(load):
    with pytest.raises(ConfigError) as caught:
        load(TEXT.replace("name: coarse", "name: fine").replace("coarse", "fine"))
    assert {error.message[:36] for error in caught.value.errors} == {"'fine' is the name of stages 0 and 1"}
    assert [error.line for error in caught.value.errors] == [6, 8, 9, 10]
    load("stages:\n  - {edge: sobel, name: a}\n  - {edge: sobel, name: a}\n")  # nothing refers to it


def test_a_wrong_stage_hides_no_other_fault(load):
    """Nor does it make others of what refers to it."""
    text = TEXT.replace("sigma: 1,", "sigma: -1,").replace("fine - coarse", "fine - course")
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert [(error.line, error.message[:20]) for error in caught.value.errors] == [
        (3, "sigma needs a finite"),
        (6, "there is no stage 'c"),
    ]


def test_an_unused_stage_is_said_where_it_stands(load):
    text = TEXT.replace("fine - coarse", "input - coarse").replace("  sharp: fine\n", "")
    with pytest.raises(ConfigError) as caught:
        load(text)
    (error,) = caught.value.errors
    assert (error.line, error.column) == (3, 5)
    assert "no stage reads what it gives, and it is no output" in error.message


def test_of_a_mapping_the_key_path_is_said():
    with pytest.raises(ConfigError, match=r"<dict>: stages\[1\].from: there is no stage 'nowhere'"):
        config.from_dict({"stages": [{"edge": "sobel"}, {"edge": "sobel", "from": "nowhere"}]})

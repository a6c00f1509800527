"""The text of a config is changed where a value stands, and nowhere else."""

from pathlib import Path

import pytest

from convpipe.config import load_text
from convpipe.config.document import Document
from convpipe.config.scalars import written
from convpipe.config.spans import places

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.yaml"))

MINE = """\
# what it is for
name: mine   # as in the report
border: wrap
stages:
  # a mean,
  # softly

  # of the neighbours
  - blur: box   # a mean
    size: 3   # pixels
  - {edge: sobel, stride: [2, 2], name: 'slope'}

  - custom: sharpen
    kernel:
      - [0, -1, 0]   # above
      - [-1, 5, -1]
      - [0, -1, 0]
  # the end
output: {path: out/mine}
"""


def lines_that_differ(before, after):
    one, other = before.splitlines(), after.splitlines()
    assert len(one) == len(other)
    return [line for line, old in zip(other, one) if line != old]


def stages(document):
    return [one.to_dict() for one in load_text(document.text)[0].stages]


def documents():
    for path in CONFIGS:
        text = path.read_text()
        yield from (Document(text, job) for job in range(max(1, text.count("\n  - name:"))))


@pytest.mark.parametrize(
    ("path", "value", "line"),
    [
        (["size"], 5, "    size: 5   # pixels"),
        (["size"], [3, 5], "    size: [3, 5]   # pixels"),
        (["blur"], "binomial", "  - blur: binomial   # a mean"),
    ],
)
def test_a_value_is_changed_in_place(path, value, line):
    assert lines_that_differ(MINE, Document(MINE).set(0, path, value).text) == [line]


def test_a_cell_of_a_kernel():
    made = Document(MINE).set(2, ["kernel", 1, 1], 4.5)
    assert lines_that_differ(MINE, made.text) == ["      - [-1, 4.5, -1]"]
    rows = [[0, -1, 0], [-1, 6, -1], [0, -1, 2]]
    made = Document(MINE).set(2, ["kernel"], rows)
    assert lines_that_differ(MINE, made.text) == ["      - [-1, 6, -1]", "      - [0, -1, 2]"]


def test_a_kernel_of_another_size_is_one_line():
    made = Document(MINE).set(2, ["kernel"], [[1, 2], [3, 4]])
    assert "    kernel: [[1, 2], [3, 4]]\n  # the end\n" in made.text
    assert stages(made)[2]["kernel"] == [[1, 2], [3, 4]]


def test_in_braces():
    mine = Document(MINE)
    made = mine.set(1, ["stride", 0], 3).set(1, ["direction"], "horizontal").set(1, ["name"], "across it")
    assert "  - {edge: sobel, stride: [3, 2], name: 'across it', direction: horizontal}\n" in made.text
    assert "  - {edge: sobel, name: 'slope'}\n" in mine.unset(1, "stride").text
    assert "  - {edge: sobel, stride: [2, 2]}\n" in mine.unset(1, "name").text


def test_keys_that_come_and_go():
    made = Document(MINE).set(0, ["stride"], 2)
    assert "    size: 3   # pixels\n    stride: 2\n  - {edge" in made.text
    assert made.unset(0, "stride").text == MINE
    assert "  - blur: box   # a mean\n  - {edge" in Document(MINE).unset(0, "size").text


def test_options_of_the_job():
    made = Document(MINE).set_option("border", "edge").set_option("linear_light", True)
    assert "border: edge\nlinear_light: true\nstages:\n" in made.text
    assert made.set_option("linear_light", None).set_option("border", "wrap").text == MINE
    assert made.option("border") == "edge"
    assert made.option("dtype") is None
    first = Document("stages:\n  - edge: sobel\n").set_option("border", "edge")
    assert first.text == "stages:\n  - edge: sobel\nborder: edge\n"


def test_a_stage_moves_with_its_comments():
    made = Document(MINE).move(0, 2)
    assert [next(iter(one)) for one in stages(made)] == ["edge", "custom", "blur"]
    assert made.text.endswith(
        "  # of the neighbours\n  - blur: box   # a mean\n    size: 3   # pixels\n"
        "  # the end\noutput: {path: out/mine}\n"
    )
    assert made.move(2, 0).text == MINE


def test_a_stage_is_removed_with_its_comments():
    made = Document(MINE).remove(0)
    assert "  # softly\n\n  - {edge" in made.text
    assert len(stages(made)) == 2


def test_a_stage_is_added():
    made = Document(MINE).insert(1, {"blur": "gaussian", "sigma": 1.4})
    assert "size: 3   # pixels\n  - blur: gaussian\n    sigma: 1.4\n  - {edge" in made.text
    last = Document(MINE).insert(3, {"point": "abs"})
    assert "      - [0, -1, 0]\n  - point: abs\n  # the end\n" in last.text


def test_off_is_a_comment_that_is_found_again():
    made = Document(MINE).switch(2).switch(0)
    assert "  #off - blur: box   # a mean\n  #off   size: 3   # pixels\n" in made.text
    assert [entry.on for entry in made.entries] == [False, True, False]
    assert made.entries[0].given == {"blur": "box", "size": "3"}
    assert len(stages(made)) == 1
    assert made.switch(0).switch(2).text == MINE
    moved = made.move(2, 0)
    assert [entry.on for entry in moved.entries] == [False, False, True]
    assert moved.move(0, 2).text == made.text


def test_all_off_and_the_first_again():
    one = Document("stages:\n- edge: sobel\n\n  stride: 2\nborder: edge")
    off = one.switch(0)
    assert off.text == "stages:\n#off - edge: sobel\n#off\n#off   stride: 2\nborder: edge"
    assert off.switch(0).text == one.text
    added = off.insert(1, {"point": "abs"})
    assert stages(added) == [{"point": "abs"}]


def test_brackets_become_lines_when_stages_change_places():
    flow = Document("stages: [{blur: box,\n  size: 3}, # why\n  {edge: sobel}]  # all\nborder: edge\n")
    assert "size: 5}" in flow.set(0, ["size"], 5).text
    made = flow.move(0, 1)
    assert (
        made.text == ("stages:\n  # why\n  - {edge: sobel}\n  - {blur: box, size: 3}  # all\nborder: edge\n")
        or len(stages(made)) == 2
    )
    assert [next(iter(one)) for one in stages(made)] == ["edge", "blur"]


def test_jobs_over_defaults():
    text = "defaults:\n  stages:\n    - blur: box\njobs:\n  - name: a\n  - name: b\n"
    text += "    stages:\n      - edge: sobel\n"
    shared, own = Document(text, 0), Document(text, 1)
    assert shared.set(0, ["size"], 5).text.startswith(
        "defaults:\n  stages:\n    - blur: box\n      size: 5\n"
    )
    assert own.set(0, ["stride"], 2).text.endswith("      - edge: sobel\n        stride: 2\n")
    assert own.set_option("border", "edge").text.endswith(
        "  - name: b\n    border: edge\n    stages:\n      - edge: sobel\n"
    )


def test_an_alias_is_changed_where_its_anchor_is():
    text = "x-size: &size 3\nstages:\n  - blur: box\n    size: *size\n  - &edge\n    edge: sobel\n"
    assert Document(text).set(0, ["size"], 5).text == text.replace("&size 3", "&size 5")
    assert places(text).value("x-size").text == "3"
    assert Document(text).set(1, ["stride"], 2).text == f"{text}    stride: 2\n"


@pytest.mark.parametrize("document", list(documents()), ids=lambda one: one.text[:30])
def test_of_every_config_all_stages_go_and_come_back(document):
    count = len(document.entries)
    assert count
    for at in range(count):
        assert document.switch(at).switch(at).text == document.text
        for to in range(count):
            assert document.move(at, to).move(to, at).text == document.text
        for key, text in document.entries[at].given.items():
            assert document.entries[at].place.value(key) is not None, text


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_lines_end_as_they_did(ends):
    text = MINE.replace("\n", ends)
    assert Document(text).set(0, ["size"], 5).text == Document(MINE).set(0, ["size"], 5).text.replace(
        "\n", ends
    )


def test_where_an_error_stands():
    mine = Document(MINE)
    assert mine.locate(10, 11) == (0, "size")
    assert mine.locate(11, 20) == (1, "stride")
    assert mine.locate(3, 3) == (None, "border")


@pytest.mark.parametrize(
    "value",
    ["yes", "a: b", "a # b", "1.5", "", "null", "fine - coarse", "it's", "[1]", 2.0, 1e-7, [[1, 0.5]]],
)
def test_what_is_written_is_read(value):
    text = f"x-a: {written(value)}\nx-b: [{written(value)}]\nstages: [{{edge: sobel}}]\n"
    from convpipe.config.tree import Source
    from convpipe.config.yaml import parse

    tree = parse(text, Source("t")).plain()
    assert tree["x-a"] == value
    assert tree["x-b"] == [value]


def test_what_an_entry_says_can_be_read_by_itself():
    from convpipe.config.tree import Source
    from convpipe.config.yaml import parse

    said = Document(MINE).entries[2].given["kernel"]
    assert parse(said, Source("k")).plain() == [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]

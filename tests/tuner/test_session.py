"""A session: the text of a config, its faults, what is taken back, saved, and copied."""

from functools import reduce

import pytest

from convpipe import Pipeline
from convpipe.config import load
from convpipe.errors import ConfigError, JobError, ParameterError
from convpipe.tuner.python import python_of
from convpipe.tuner.session import ChangedError, Session
from convpipe.tuner.state import state

TEXT = """\
# edges, softly
name: edges
stages:
  - blur: gaussian   # first
    sigma: 1.4
  # then
  - edge: sobel
"""


def setting(entry, key, value, **more):
    return {"op": "set", "entry": entry, "key": key, "value": value, **more}


def test_a_change_is_of_the_text_and_of_the_pipeline(session):
    session.edit(setting(0, "sigma", 2))
    assert session.document.text == TEXT.replace("1.4", "2")
    assert session.pipeline.stages[0].given == {"sigma": 2}
    assert session.is_changed
    assert session.faults == []


def test_what_is_wrong_is_told_at_its_control_and_the_last_pipeline_stays(session):
    before = session.pipeline
    session.edit(setting(0, "sigma", -1))
    (fault,) = session.faults
    assert (fault.entry, fault.key) == (0, "sigma")
    assert "at least 0" in fault.message
    assert session.pipeline is before
    session.edit(setting(0, "sigma", 3))
    assert session.faults == []
    assert session.pipeline is not before


def test_what_the_image_does_not_allow_is_told_at_its_stage(session):
    before = session.pipeline
    session.edit(setting(1, "padding", "valid"))
    session.edit(setting(1, "dilation", 30))
    (fault,) = session.faults
    assert fault.entry == 1
    assert "its window spans" in fault.message
    assert session.pipeline is not before
    assert session.pipeline.stages[1].given == {"padding": "valid"}


def test_changes_are_taken_back_one_by_one_and_a_gesture_as_one(session):
    session.edit(setting(1, "stride", 2))
    for sigma in (2, 3, 4):
        session.edit(setting(0, "sigma", sigma, gesture=7))
    session.edit(setting(0, "sigma", 5, gesture=8))
    texts = []
    while session.can_undo:
        session.undo()
        texts.append(session.document.text)
    assert [text.count("stride") for text in texts] == [1, 1, 0]
    assert "sigma: 4" in texts[0]
    assert texts[-1] == TEXT
    assert not session.is_changed
    for _ in range(3):
        session.redo()
    assert "sigma: 5" in session.document.text
    assert not session.can_redo
    session.undo()
    session.edit({"op": "remove", "entry": 1})
    assert not session.can_redo


def test_stages_come_go_move_and_are_switched_off(session):
    session.edit({"op": "insert", "at": 1, "family": "rank", "method": "median"})
    session.edit({"op": "move", "entry": 2, "to": 0})
    session.edit({"op": "switch", "entry": 1})
    assert [one.method.name for one in session.pipeline.stages] == ["sobel", "median"]
    made = state(session)
    assert [(one["title"], one["on"], one["numbers"]) for one in made["entries"]] == [
        ("edge: sobel", True, [0]),
        ("blur: gaussian", False, []),
        ("rank: median", True, [1]),
    ]
    session.edit({"op": "switch", "entry": 1})
    session.edit({"op": "remove", "entry": 0})
    assert [one.method.name for one in session.pipeline.stages] == ["gaussian", "median"]


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"op": "burn"},
        setting(9, "sigma", 1),
        setting(True, "sigma", 1),
        setting(0, "sigma: 1\n- edge", 1),
        setting(0, "sigma", {"a": 1}),
        setting(0, "sigma", "a\nb"),
        setting(0, "sigma", 1, path=[0]),
        {"op": "insert", "at": 0, "family": "blur", "method": "absent"},
        {"op": "insert", "at": 0, "family": "blur"},
        {"op": "insert", "at": 0, "family": "blur", "method": ["box"]},
        setting(0, "sigma", reduce(lambda inner, _: [inner], range(900), 1)),
        {"op": "move", "entry": 0, "to": 2},
        {"op": "option", "key": "plugins", "value": "os"},
    ],
)
def test_what_is_no_change_is_refused(session, change):
    with pytest.raises(ParameterError):
        session.edit(change)
    assert session.document.text == TEXT


ALL = [
    {"op": "remove", "entry": 0},
    {"op": "switch", "entry": 0},
    {"op": "move", "entry": 0, "to": 1},
    {"op": "insert", "at": 1, "family": "edge", "method": "sobel"},
]
SHARED = "stages:\n  - &soft\n    blur: box\n    size: 3\n  - *soft\n"
NUMBER = "stages:\n  - blur: box\n    size: &n 3\n  - blur: box\n    size: *n\n"
JSON = '{"stages": [{"blur": "box"}, {"edge": "sobel"}]}'


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        (SHARED, ALL),
        (NUMBER, ALL[:3]),
        (JSON, ALL),
        ("# nothing\n", [{"op": "option", "key": "border", "value": "wrap"}]),
        ("border: wrap\n", [{"op": "insert", "at": 0, "family": "edge", "method": "sobel"}]),
        ("stages: 3\n", [{"op": "insert", "at": 0, "family": "edge", "method": "sobel"}]),
        ("stages:\n  #off - blur: box\n  - edge: sobel\n", [{"op": "unset", "entry": 0, "key": "blur"}]),
    ],
)
def test_what_would_break_other_stages_is_refused_and_the_text_stays(path, samples, text, changes):
    path.write_text(text)
    session = Session(path, samples)
    for change in changes:
        with pytest.raises(ParameterError):
            session.edit(change)
    assert session.document.text == text


def test_a_text_of_nothing_is_told(path, samples):
    path.write_text("")
    assert state(Session(path, samples))["faults"]


def test_it_is_saved_with_its_comments_and_check_accepts_it(session, path):
    session.edit(setting(0, "sigma", 2.5))
    session.save()
    assert path.read_text() == TEXT.replace("1.4", "2.5")
    assert not session.is_changed
    assert load(path)[0].stages[0].given == {"sigma": 2.5}
    session.edit(setting(0, "sigma", 3))
    session.save()
    assert "sigma: 3" in path.read_text()
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_what_somebody_else_wrote_is_not_written_over(session, path):
    session.edit(setting(0, "sigma", 2))
    path.write_text(TEXT.replace("softly", "by hand"))
    with pytest.raises(ChangedError, match="nothing was written"):
        session.save()
    assert "by hand" in path.read_text()
    session.save(force=True)
    assert path.read_text() == TEXT.replace("1.4", "2")
    path.unlink()
    session.edit(setting(0, "sigma", 3))
    with pytest.raises(ChangedError):
        session.save()


def test_it_is_read_again(session, path):
    session.edit(setting(0, "sigma", 2))
    path.write_text(TEXT.replace("sobel", "scharr"))
    session.reload()
    assert session.pipeline.stages[1].method.name == "scharr"
    assert not session.is_changed
    session.undo()
    assert "sigma: 2" in session.document.text


def test_a_link_stays_one_and_a_mark_of_order_stays(samples, path):
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.replace("\n", "\r\n").encode())
    link = path.parent / "link.yaml"
    link.symlink_to(path.name)
    path.chmod(0o640)
    session = Session(link, samples)
    session.edit(setting(0, "sigma", 2))
    session.save()
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.read_bytes() == b"\xef\xbb\xbf" + TEXT.replace("1.4", "2").replace("\n", "\r\n").encode()


def test_where_it_cannot_be_written(session, path, monkeypatch):
    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("convpipe.tuner.session.Drafts.write", full)
    session.edit(setting(0, "sigma", 2))
    with pytest.raises(JobError, match="No space left"):
        session.save()
    assert path.read_text() == TEXT
    assert session.is_changed


def test_a_file_that_is_wrong_is_tuned_once_it_is_right(path, samples):
    path.write_text(TEXT.replace("sobel", "sobell"))
    session = Session(path, samples)
    assert session.pipeline is None
    assert (session.faults[0].entry, session.faults[0].key) == (1, "edge")
    with pytest.raises(JobError, match="never been right"):
        session.viewer()
    session.edit(setting(1, "edge", "sobel"))
    assert session.faults == []
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        Session(path, samples)


JOBS = {"a": "edge: sobel", "b": "blur: box"}


def test_jobs_of_one_file(path, samples):
    jobs = "".join(f"  - name: {name}\n    stages:\n      - {one}\n" for name, one in JOBS.items())
    path.write_text(f"defaults:\n  border: edge\njobs:\n{jobs}")
    session = Session(path, samples, 1)
    session.edit(setting(0, "size", 5))
    assert session.pipeline.name == "b"
    assert session.document.text.endswith("      - blur: box\n        size: 5\n")


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "border: wrap\nlinear_light: true\nmissing: nan\ndtype: float32\nstages:\n"
        "  - {blur: box, size: 3, name: soft}\n  - combine: detail\n    formula: input - soft\n"
        "outputs: {soft: {}}\nmeasure: {bright: mean(result)}\n",
        "stages:\n  - custom: mine\n    kernel: [[1, 2], [3, 4]]\n  - {name: s, point: scale, gain: 2}\n",
    ],
)
def test_copied_as_python_it_is_the_same_pipeline(text):
    pipeline = Pipeline.from_yaml(text)
    made = {}
    exec(python_of(pipeline), made)
    assert made["pipeline"] == pipeline


def test_the_state_has_controls_values_and_sizes(session):
    session.edit(setting(1, "stride", [2, 3]))
    made = state(session)
    blur, edge = made["entries"]
    assert blur["values"] == {"blur": "gaussian", "sigma": 1.4}
    assert blur["own"][0]["name"] == "sigma"
    assert edge["sizes"][0]["formulas"][0].endswith("= 20")
    assert (edge["sizes"][0]["rows"], edge["sizes"][0]["cols"]) == (20, 20)
    assert [stage["reads"] for stage in made["plan"]["stages"]] == [[-1], [0]]
    assert made["image"] == {"rows": 40, "cols": 60, "channels": 1, "dtype": "uint8", "alpha": False}
    assert made["changed"]
    assert made["undo"]


def test_an_option_of_the_job(session):
    session.edit({"op": "option", "key": "border", "value": "wrap"})
    assert "border: wrap\nstages:" in session.document.text
    assert session.pipeline.border.name == "WRAP"
    session.edit({"op": "option", "key": "border", "value": "warp"})
    assert state(session)["options"][0]["faults"]
    session.edit({"op": "option", "key": "border", "value": None})
    assert session.document.text == TEXT


def test_who_listens_later_is_told_what_the_first_picture_waits_for(session):
    from convpipe.tuner.viewer import View

    signs = []
    session.sign = signs.append
    session.viewer().look(View(1))
    assert signs == ["compiling", "running", ""]

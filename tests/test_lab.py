"""The lab's notebook is its page, and runs; its questions are checked without giving answers away."""

import itertools
import json
import math
import tempfile
from pathlib import Path

import pytest

from convpipe.errors import ParameterError
from convpipe.explain.practice import QUESTIONS, ask, check

ROOT = Path(__file__).parents[1]


@pytest.fixture
def make_notebook(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import make_notebook

    return make_notebook


def test_the_notebook_is_the_page(make_notebook):
    made = make_notebook.as_json(make_notebook.make(make_notebook.PAGE.read_text("utf-8")))
    assert made == make_notebook.NOTEBOOK.read_text("utf-8"), "python scripts/make_notebook.py makes it again"


def test_every_link_of_the_notebook_leads_somewhere(make_notebook):
    import re

    notebook = json.loads(make_notebook.NOTEBOOK.read_text("utf-8"))
    text = "".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert len(links) >= 6
    assert [link for link in links if not (make_notebook.NOTEBOOK.parent / link).exists()] == []


@pytest.mark.notebook
@pytest.mark.filterwarnings("default")
def test_it_runs_and_gives_what_it_shows(make_notebook):
    """In a kernel of its own, in the notebook's folder, from the first cell to the last."""
    nbclient = pytest.importorskip("nbclient", reason="the notebook runs with nbclient and ipykernel")
    pytest.importorskip("ipykernel", reason="the notebook runs with nbclient and ipykernel")
    import nbformat
    from traitlets.config import Config

    notebook = nbformat.read(make_notebook.NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    shown = [[text_of(output) for output in cell.get("outputs", [])] for cell in notebook.cells]
    folder = {"metadata": {"path": str(make_notebook.NOTEBOOK.parent)}}
    with tempfile.TemporaryDirectory() as sockets:  # and no port, which anyone on the machine could reach
        config = Config({"KernelManager": {"transport": "ipc", "ip": f"{sockets}/kernel"}})
        how = {
            "timeout": 60,
            "startup_timeout": 20,
            "resources": folder,
            "kernel_name": "python3",
            "config": config,
        }
        ran = nbclient.NotebookClient(notebook, **how).execute()
    for cell, expected in zip(ran.cells, shown):
        assert [text_of(output) for output in cell.get("outputs", [])] == expected, cell.source


def text_of(output):
    return output.text if output.output_type == "stream" else output.data["text/plain"]


RIGHT = {
    "places": 5,
    "stride": 3,
    "padding": 7,
    "dilation": 6,
    "same": 2,
    "unread": 2,
    "corner": 14,
    "bias": 2,
    "weights": 608,
    "range": 1020,
    "field": 5,
}
"""Worked out by hand."""


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_right_answer_is_right(name):
    assert check(name, RIGHT[name])
    assert repr(check(name, RIGHT[name])) == "right"


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_wrong_answer_is_told_why_but_not_the_right_one(name):
    question = QUESTIONS[name]
    values = [value for value, _ in question.slips]
    assert not any(
        math.isclose(a, b, abs_tol=0.01) for a, b in itertools.combinations([*values, RIGHT[name]], 2)
    )
    for value, said in question.slips:
        assert not check(name, value)
        assert repr(check(name, value)) == f"not yet: {said}"
    assert repr(check(name, 12345)) == f"not yet: {question.hint}"
    for said in (question.hint, *(said for _, said in question.slips)):
        assert f"= {RIGHT[name]}" not in said


def test_what_is_no_answer():
    assert repr(check("stride", "three")) == "not yet: a number is asked for; given 'three'"
    assert not check("stride", ...)
    with pytest.raises(ParameterError, match="did you mean 'stride'"):
        check("strid", 3)


def test_the_lab_asks_every_question(capsys):
    lab = (ROOT / "docs" / "what-is-convolution.md").read_text()
    assert all(f'ask("{name}")' in lab and f'check("{name}", ...)' in lab for name in QUESTIONS)
    ask()
    assert capsys.readouterr().out.splitlines() == [
        f"{name}: {each.text}" for name, each in QUESTIONS.items()
    ]


def test_in_a_notebook_consoles_print_to_their_streams(monkeypatch):
    from convpipe.cli.options import console

    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)
    assert not console().is_jupyter

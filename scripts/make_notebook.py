"""Make the lab's notebook out of its page: docs/notebooks/what-is-convolution.ipynb.

The page is the one source. What is typed at its prompts becomes cells, and what is printed there their
results; all else is text. Run from anywhere: ``python scripts/make_notebook.py``.
"""

import ast
import doctest
import json
import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
PAGE, NOTEBOOK = DOCS / "what-is-convolution.md", DOCS / "notebooks" / "what-is-convolution.ipynb"

SETUP = """\
# Paths are those of a clone of the repository, and this notebook lies in its docs/notebooks.
import os

if not os.path.isdir("data/photographs"):
    os.chdir("../..")
"""

FOLLOW = re.compile(r"To follow along, start .*?\.ipynb\)\.", re.S)
"""How to follow along: of the page, not of the notebook."""


def make(page):
    """Return the notebook of a page, as a dict."""
    cells = [code(SETUP, "")]
    for k, part in enumerate(re.split(r"```python\n(.*?)```\n?", page, flags=re.S)):
        cells += blocks(part) if k % 2 else [markdown(part)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    # The page is in the site's table of contents; the notebook is a link on it.
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}, "orphan": True}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def markdown(text):
    """Return a cell of text; links lead from the notebook's folder."""
    text = FOLLOW.sub("Run the cells one after the other, and change them.", text.strip())
    text = re.sub(r"\]\((?!https?:|#)", "](../", text)
    return {"cell_type": "markdown", "id": "", "metadata": {}, "source": lines(text)}


def blocks(text):
    """Return the cells of a block of prompts: each ends with what prints something."""
    waiting, cells = "", []
    for example in doctest.DocTestParser().get_examples(text):
        waiting += example.source
        if example.want:
            cells.append(code(waiting, example.want))
            waiting = ""
    return [*cells, code(waiting, "")] if waiting else cells


def code(source, printed):
    """Return a cell of code with its result."""
    outputs = [result(source, printed)] if printed else []
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": "",
        "metadata": {},
        "outputs": outputs,
        "source": lines(source),
    }


def result(source, printed):
    """Return what a cell shows: the value of its last line, or what that prints."""
    last = ast.parse(source).body[-1]
    call = last.value.func if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) else None
    prints = not isinstance(last, ast.Expr) or (isinstance(call, ast.Name) and call.id in ("print", "ask"))
    if prints:
        return {"name": "stdout", "output_type": "stream", "text": lines(printed, "\n")}
    text = {"text/plain": lines(printed)}
    return {"data": text, "execution_count": None, "metadata": {}, "output_type": "execute_result"}


def lines(text, end=""):
    """Return lines as a notebook has them."""
    return (text.rstrip("\n") + end).splitlines(keepends=True)


def as_json(notebook):
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    NOTEBOOK.parent.mkdir(exist_ok=True)
    NOTEBOOK.write_text(as_json(make(PAGE.read_text("utf-8"))), "utf-8")

"""docs/architecture.md names functions on the way of an image and of a weight: they are where it says."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "architecture.md").read_text()


def steps(title):
    section = TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"^\d+\. `(\S+): (\S+)`", section, re.MULTILINE)


def functions(path):
    for node in ast.parse((ROOT / "convpipe" / path).read_text()).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.ClassDef):
            yield from (f"{node.name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef))


@pytest.mark.parametrize("title", ["An image's way", "A weight's way"])
def test_the_named_functions_exist(title):
    assert 5 <= len(steps(title)) <= 10
    assert [step for step in steps(title) if step[1] not in functions(step[0])] == []


def test_the_map_names_modules_that_exist():
    named = set(re.findall(r"`([a-z0-9_/]+\.py)`", TEXT))
    known = {path.as_posix() for path in ROOT.rglob("*.py")}
    assert named
    assert sorted(name for name in named if not any(path.endswith(f"/{name}") for path in known)) == []

"""The page that lists what a run can be trusted with names tests that exist, and every case has some."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "trust.md").read_text(encoding="utf-8")
CASES = dict(re.findall(r"^\| (.*?) \| (.*`) \|$", PAGE, re.MULTILINE))


def functions_of(path):
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


def test_the_page_is_read_whole():
    rows = [line for line in PAGE.splitlines() if line.startswith("| ")]
    headings = PAGE.count("\n## ")
    assert len(CASES) == len(rows) - 2 * headings > 40


@pytest.mark.parametrize("case", CASES)
def test_every_case_has_its_tests(case):
    for named in re.findall(r"`([^`]*)`", CASES[case]):
        file, name = named.split(": ")
        assert name in functions_of(TESTS / file), named

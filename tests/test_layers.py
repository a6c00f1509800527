"""Imports go downward only, and heavy libraries stay where they belong."""

import ast
from pathlib import Path

import pytest

import convpipe

ROOT = Path(convpipe.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

LAYERS = [
    "errors",
    "limits",
    "paths",
    "memory",
    "geometry",
    "sampling",
    "expression",
    "interval",
    "ops",
    "levels",
    "fourier",
    "stages",
    "plan",
    "config",
    "compile",
    "engine",
    "conv",
    "images",
    "report",
    "batch",
    "arrays",
    "pipeline",
    "cli",
]
"""Bottom to top."""

ALLOWED = {
    "numba": {"compile"},
    "click": {"cli"},
    "rich": {"cli", "report"},
    "ruamel": {"config"},
    "PIL": {"images"},
    "imagecodecs": {"images"},
    "tifffile": {"images"},
    "skimage": {"cli"},
}


def layer(path):
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imports(path):
    """Every absolute module name that the file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module == "convpipe":
                yield from (f"convpipe.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downward(path):
    here = layer(path)
    if here in ("__init__", "__main__"):
        return
    assert here in LAYERS, f"{here} has no place in the layers"
    for module in imports(path):
        top, _, rest = module.partition(".")
        if top == "convpipe" and (name := rest.partition(".")[0]) in LAYERS:
            assert LAYERS.index(name) <= LAYERS.index(here), f"{here} imports {name}"
        assert here in ALLOWED.get(top, {here}), f"{here} imports {top}"


def filter_names():
    from convpipe.stages import ANY_LABEL, families

    return {name for methods in families().values() for name in methods} - {ANY_LABEL}


@pytest.mark.parametrize("path", [path for path in FILES if layer(path) == "compile"], ids=lambda p: p.name)
def test_emitters_know_no_filter(path):
    words = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
    texts = {
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not filter_names() & (words | texts)

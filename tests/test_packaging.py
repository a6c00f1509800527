"""What others build, install and run convpipe by."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = {"isal": "python-isal"}
"""Names that differ there."""


def read(path):
    return YAML(typ="safe", pure=True).load((ROOT / path).read_text())


def requirement(text):
    name, bound = re.fullmatch(r"([\w.-]+) ?>=([\d.]+)(?:;.*)?", text).groups()
    return CONDA.get(name, name), bound


def test_the_recipe_asks_for_what_the_project_asks_for():
    recipe = read("packaging/recipe.yaml")
    run = {requirement(each) for each in recipe["requirements"]["run"]}
    assert run == {
        requirement(each) for each in [*PROJECT["dependencies"], f"python{PROJECT['requires-python']}"]
    }
    assert recipe["context"]["version"] == PROJECT["version"]
    assert recipe["build"]["python"]["entry_points"] == [f"convpipe = {PROJECT['scripts']['convpipe']}"]


def test_the_recipe_is_one():
    builder = pytest.importorskip("rattler_build", reason="py-rattler-build is not installed")
    recipe = builder.Stage0Recipe.from_yaml((ROOT / "packaging/recipe.yaml").read_text())
    (variant,) = recipe.render(builder.VariantConfig(), builder.RenderConfig())
    package = variant.recipe.to_dict()["package"]
    assert package == {"name": PROJECT["name"], "version": PROJECT["version"]}


def test_the_image_has_the_oldest_python_or_a_later_one():
    bases = re.findall(r"^FROM python:(\d+)\.(\d+)-slim", (ROOT / "packaging/Dockerfile").read_text(), re.M)
    oldest = re.fullmatch(r">=(\d+)\.(\d+)", PROJECT["requires-python"]).groups()
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert tuple(map(int, bases[0])) >= tuple(map(int, oldest))


def test_the_hook_runs_a_command_that_finds_faults(tmp_path):
    (hook,) = read(".pre-commit-hooks.yaml")
    program, *command = hook["entry"].split()
    assert program in PROJECT["scripts"]
    wrong = tmp_path / "a.convpipe.yaml"
    assert re.search(hook["files"], wrong.name)
    wrong.write_text("stages:\n  - blur: gausian\n")
    done = subprocess.run(
        [sys.executable, "-m", program, *command, wrong.name],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    matcher = json.loads((ROOT / "packaging/problem-matcher.json").read_text())["problemMatcher"][0][
        "pattern"
    ][0]
    found = [re.search(matcher["regexp"], line) for line in done.stderr.splitlines()]
    (match,) = filter(None, found)
    places = [match[matcher[part]] for part in ("file", "line", "column")]
    assert places == ["a.convpipe.yaml", "2", "11"]
    assert match[matcher["message"]].startswith("unknown blur method 'gausian'")


def test_the_action_runs_what_is_there():
    action = read("action.yml")
    steps = action["runs"]["steps"]
    assert "packaging/problem-matcher.json" in steps[2]["run"]
    assert steps[3]["run"] == "convpipe $COMMAND $CONFIGS"
    # An input that stood in a script would be code; in the environment it is text.
    assert not any("inputs." in step.get("run", "") for step in steps)

"""The lab page works as a reader uses it: typed into a plain Python, its config saved, commands called."""

import code
import contextlib
import doctest
import importlib
import io
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from convpipe.cli import main
from convpipe.stages import ANY_LABEL, families

ROOT = Path(__file__).parents[1]
LAB = (ROOT / "docs" / "what-is-convolution.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_the_lab_can_be_typed_line_by_line_into_a_plain_python(monkeypatch):
    monkeypatch.chdir(ROOT)
    console = code.InteractiveConsole({"__name__": "__main__", "__builtins__": __builtins__})
    examples = doctest.DocTestParser().get_examples(LAB)
    assert len(examples) > 40
    check = doctest.OutputChecker().check_output
    for example in examples:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            lines = example.source.rstrip("\n").split("\n")
            more = [console.push(line) for line in lines][-1]
            if more or len(lines) > 1:
                console.push("")
        assert check(example.want, printed.getvalue(), 0), (example.source, printed.getvalue())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_page_leans_on_what_only_the_tests_have(page):
    assert not re.search(r"\b(getfixture|tmp_path|doctest)\b", page.read_text())


def test_the_labs_config_and_commands_do_what_it_shows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").symlink_to(ROOT / "data")
    (config,) = re.findall(r"```yaml\n# lab.yaml\n(.*?)```", LAB, re.S)
    (tmp_path / "lab.yaml").write_text(config)
    shown = re.findall(r"```console\n\$ convpipe (.*?)\n\.\.\.\n(.*?)```", LAB, re.S)
    assert shown
    for command, lines in shown:
        assert CliRunner().invoke(main, command.split()).stdout.endswith(lines)
    assert CliRunner().invoke(main, ["run", "lab.yaml"]).exit_code == 0
    assert (tmp_path / "out" / "lab" / "camera.png").exists()


def test_the_readme_lists_every_filter():
    text = (ROOT / "README.md").read_text()
    listed = dict(
        re.findall(r"^\| `(\w+)` \| (.*) \|$", text.split("## The filters")[1].split("## ")[0], re.M)
    )
    assert listed.keys() == families().keys()
    for family, methods in families().items():
        known = set(methods) - {ANY_LABEL}
        assert known <= set(re.findall(r"\w+", listed[family])), family


def test_the_page_of_the_keys_is_what_is_checked():
    from convpipe.config.reference import markdown

    stale = "python scripts/make_reference.py makes it anew"
    assert (ROOT / "docs/config.md").read_text() == markdown(), stale


def test_the_page_of_the_catalogue_is_what_is_declared():
    from convpipe.stages import catalogue

    page = (ROOT / "docs/catalogue.md").read_text()
    names = [
        f"{method.family}-{method.name.lower()}"
        for methods in families().values()
        for method in methods.values()
    ]
    shown = re.findall(r"^!\[.*\]\(pictures/catalogue/(.*)\.jpg\)\n\n", page, re.M)
    assert shown == names
    assert all((ROOT / f"docs/pictures/catalogue/{name}.jpg").exists() for name in names)
    assert re.sub(r"^!\[.*\]\(pictures/catalogue/.*\)\n\n", "", page, flags=re.M) == catalogue.markdown()


def test_the_gallery_is_what_there_are_pictures_of(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    made = importlib.import_module("make_gallery").page()
    del sys.modules["make_gallery"]
    page = (ROOT / "docs/gallery.md").read_text()
    assert page == made, "python scripts/make_gallery.py makes it anew"
    shown = set(re.findall(r"pictures/catalogue/([\w-]+)\.jpg", page))
    names = {
        f"{method.family}-{method.name.lower()}" for one in families().values() for method in one.values()
    }
    assert names - shown == set(), (
        "their pictures show nothing: give them a scene in scripts/catalogue_scenes.py"
    )
    assert {path.stem for path in (ROOT / "configs").glob("*.yaml")} == set(
        re.findall(r"pictures/recipes/([\w-]+)\.jpg", page)
    )

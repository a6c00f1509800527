"""Paths that lead nowhere: the message says where a relative one led, as under cron."""

import pytest

from convpipe import ConfigError, Pipeline
from convpipe.compile.runtime import cache


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "absent.yaml"),
        ("check", "absent.yaml"),
        ("run", "job.yaml", "absent", "out"),
        ("plan", "job.yaml", "absent"),
        ("preview", "job.yaml", "absent.png"),
        ("explain", "job.yaml", "absent.png"),
        ("run", "job.yaml", "empty", "out"),
        ("plan", "job.yaml", "empty"),
        ("run", "job.yaml", "photos", "job.yaml/out"),
        ("run", "job.yaml", "--report", "job.yaml/report"),
        ("init", "new.yaml", "absent"),
    ],
    ids=" ".join,
)
def test_an_error_says_where_a_relative_path_led(convpipe, job, photos, here, arguments):
    job()
    (here / "empty").mkdir()
    result = convpipe(*arguments)
    assert result.exit_code in (1, 2)
    led = next(
        here / name for name in reversed(arguments) if ("absent" in name or "empty" in name or "/" in name)
    )
    assert (
        f"(tried {str(led)!r}: relative paths are taken from the working directory, "
        "not from the config's folder)" in result.stderr
    )
    whole = [here / name if name == led.name or "/" in name else name for name in arguments]
    if "absent" in led.name:
        assert "tried" not in convpipe(*whole).stderr


@pytest.fixture
def home(here, photos, job, monkeypatch):
    """A home folder with a config and images, left for another folder."""
    job()
    (here / "away").mkdir()
    monkeypatch.setenv("HOME", str(here))
    monkeypatch.chdir(here / "away")
    return here


@pytest.mark.parametrize(
    ("arguments", "made"),
    [
        ("run ~/job.yaml ~/photos ~/out/", "out/a.png"),
        ("run ~/job.yaml ~/photos/a.png ~/one.png", "one.png"),
        ("run ~/job.yaml ~/photos out --report ~/report", "report/report.json"),
        ("run ~/job.yaml --set input.path=~/photos --set output=~/out", "out/more/c.png"),
        ("plan ~/job.yaml ~/photos", None),
        ("check ~/job.yaml", None),
        ("compile ~/job.yaml --show", None),
        ("preview ~/job.yaml ~/photos/a.png -o ~/preview.png", "preview.png"),
        ("explain ~/job.yaml ~/photos/a.png", None),
        ("bench ~/job.yaml --image ~/photos/a.png --runs 1", None),
        ("init ~/new.yaml ~/photos", "new.yaml"),
    ],
)
def test_the_home_folder_is_expanded_where_a_shell_left_it(convpipe, home, arguments, made):
    result = convpipe(*arguments.split())
    assert result.exit_code == 0, result.output
    assert made is None or (home / made).exists()
    assert not (home / "away" / "~").exists()


@pytest.mark.parametrize(
    "arguments", ["run ~nobody-there/job.yaml", "check ~nobody-there/job.yaml", "plan job.yaml ~nobody-there"]
)
def test_a_home_folder_that_is_not_known_is_an_error(convpipe, home, arguments):
    result = convpipe(*arguments.split())
    assert result.exit_code == 2
    assert "no home folder is known; write the path out, or './~...'" in result.stderr


def test_a_file_may_be_named_like_a_home_folder(convpipe, home):
    (home / "photos" / "a.png").rename("~a.png")
    assert convpipe("run", home / "job.yaml", "./~a.png", "./~b.png").exit_code == 0
    assert (home / "away" / "~b.png").exists()


def test_the_home_folder_is_expanded_in_python(home):
    pipeline = Pipeline.from_yaml("~/job.yaml")
    assert pipeline.run_folder("~/photos", "~/out").done == 3
    assert (home / "out" / "a.png").exists()
    with pytest.raises(ConfigError, match="no home folder is known"):
        Pipeline.from_yaml("~nobody-there/job.yaml")


def test_the_cache_may_lie_in_the_home_folder(home, monkeypatch):
    monkeypatch.setenv("CONVPIPE_CACHE_DIR", "~/loops")
    assert cache.directory() == home / "loops"


@pytest.mark.parametrize("key", ["input", "output"])
def test_the_home_folder_is_expanded(convpipe, photos, here, monkeypatch, key):
    monkeypatch.setenv("HOME", str(here))
    paths = {"input": "photos", "output": "out"} | {key: {"input": "~/photos", "output": "~/out"}[key]}
    (here / "job.yaml").write_text(
        f"input: {paths['input']}\noutput: {paths['output']}\nstages: [{{blur: box, size: 3}}]\n"
    )
    assert convpipe("run", "job.yaml").exit_code == 0
    assert (here / "out" / "a.png").exists()

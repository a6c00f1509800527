"""Paths that lead nowhere: the message says where a relative one led, as under cron."""

import pytest


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


@pytest.mark.parametrize("key", ["input", "output"])
def test_the_home_folder_is_expanded(convpipe, photos, here, monkeypatch, key):
    monkeypatch.setenv("HOME", str(here))
    paths = {"input": "photos", "output": "out"} | {key: {"input": "~/photos", "output": "~/out"}[key]}
    (here / "job.yaml").write_text(
        f"input: {paths['input']}\noutput: {paths['output']}\nstages: [{{blur: box, size: 3}}]\n"
    )
    assert convpipe("run", "job.yaml").exit_code == 0
    assert (here / "out" / "a.png").exists()

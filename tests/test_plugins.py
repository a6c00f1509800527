"""Packages that bring stages: loaded where a config names them and a person allows it, and nowhere else."""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SOURCE = Path(__file__).parent / "plugin" / "convpipe_example.py"

CONFIG = """\
plugins: [example]
stages:
  - {example: fade, share: 0.25, name: faded}
  - {example: across, b: faded, gain: 2}
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder of installed packages: the example, one that fails half way, and one of a name twice."""
    folder = tmp_path_factory.mktemp("site")
    (folder / SOURCE.name).write_text(SOURCE.read_text())
    (folder / "convpipe_broken.py").write_text(
        "from convpipe.stages import method\nfrom convpipe.ops import Map\n"
        "method('broken', 'one', 'none', reference='none')(lambda: (Map('r'),))\nraise OSError('half way')\n"
    )
    points = {
        "example": "example = convpipe_example\nbroken = convpipe_broken\ntwice = convpipe_example",
        "other": "twice = convpipe_broken\ngone = convpipe_gone",
    }
    for name, lines in points.items():
        info = folder / f"convpipe_{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: convpipe-{name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[convpipe.stages]\n{lines}\n")
    return folder


@pytest.fixture
def python(site, tmp_path):
    """Run Python, or the command line, where the packages are installed."""

    def run(*arguments):
        root = str(Path(__file__).parents[1])
        return subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join((root, str(site)))},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_config_alone_loads_nothing(python, tmp_path):
    (tmp_path / "job.yaml").write_text(CONFIG)
    refused = python("-m", "convpipe", "check", "job.yaml")
    assert refused.returncode == 2
    assert "job.yaml:1:11: the plugin 'example' is code of another package" in refused.stderr
    assert "--allow-plugins" in refused.stderr
    unnamed = CONFIG.replace("plugins: [example]\n", "")
    (tmp_path / "job.yaml").write_text(unnamed)
    refused = python("-m", "convpipe", "check", "--allow-plugins", "job.yaml")
    assert refused.returncode == 2
    assert "unknown stage family 'example'" in refused.stderr


def test_a_run_of_what_is_named_and_allowed(python, tmp_path):
    from PIL import Image

    (tmp_path / "in").mkdir()
    pixels = np.random.default_rng(3).integers(0, 200, (12, 15), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in" / "a.png")
    (tmp_path / "job.yaml").write_text(f"input: in\noutput: out\n{CONFIG}")
    for extra in ([], ["--isolate", "--overwrite"]):
        done = python("-m", "convpipe", "run", "--allow-plugins", *extra, "job.yaml")
        assert done.returncode == 0, done.stderr
        faded = 0.25 * pixels.astype(float)
        # Its first image is that of the stage before.
        padded = np.pad(faded, ((0, 0), (1, 1)), mode="reflect")
        want = np.rint(np.minimum(2 * np.abs(padded[:, 2:] - padded[:, :-2]), 255))
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "out" / "a.png")), want)


def test_the_command_lists_what_a_package_brings(python):
    shown = python("-m", "convpipe", "stages", "--plugins", "example", "example")
    assert "example: fade" in shown.stdout
    assert "example: across" in shown.stdout
    assert "example" not in python("-m", "convpipe", "stages").stdout.replace("for example", "")


PROGRAM = """
import pickle, sys
from convpipe import Pipeline, ConfigError
text = {config!r}
try:
    Pipeline.from_yaml(text)
except ConfigError as error:
    print(error.message)
run = Pipeline.from_yaml(text, allow_plugins=True)
print(run.to_dict()["plugins"], Pipeline.from_yaml(run.to_yaml(), allow_plugins=True).stages == run.stages)
try:
    Pipeline.from_yaml(text.replace("plugins: [example]", ""))
except ConfigError as error:
    print(error.message)
open("run.pickle", "wb").write(pickle.dumps(run))
"""


def test_from_python_it_is_allowed_by_name(python, tmp_path):
    done = python("-c", PROGRAM.format(config=CONFIG))
    assert done.returncode == 0, done.stderr
    refused, made, unnamed = done.stdout.splitlines()
    assert "allow_plugins=True" in refused
    assert made == "['example'] True"
    assert "is of the plugin 'example': name it in 'plugins:'" in unnamed
    again = python("-c", "import pickle; print(pickle.load(open('run.pickle', 'rb')))")
    assert "stage('example', 'fade', share=0.25, name='faded')" in again.stdout, again.stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("exampel", "no package brings the plugin 'exampel'; did you mean 'example'?"),
        ("twice", "several packages bring the plugin 'twice': convpipe_broken and convpipe_example"),
        ("gone", "cannot be loaded: ModuleNotFoundError: No module named 'convpipe_gone'"),
        ("broken", "the plugin 'broken' (convpipe_broken) cannot be loaded: OSError: half way"),
    ],
)
def test_what_cannot_be_loaded_is_said_and_forgotten(python, name, words):
    text = f"plugins: {name}\nstages: [{{broken: one}}]\n"
    program = (
        "from convpipe import Pipeline, ConfigError\n"
        f"try: Pipeline.from_yaml({text!r}, allow_plugins=True)\n"
        "except ConfigError as error: print(error)"
    )
    said = python("-c", program).stdout
    assert f"<text>:1:10: {words}" in said or words in said
    assert "unknown stage family 'broken'" in said


def test_what_is_no_name_is_refused():
    from convpipe.config import load_text
    from convpipe.errors import ConfigError

    with pytest.raises(ConfigError, match="plugins"):
        load_text("plugins: [3]\nstages: [{edge: sobel}]\n")
    assert pickle.loads(pickle.dumps(load_text("stages: [{edge: sobel}]\n")))[0].plugins == ()

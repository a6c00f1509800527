"""Configs that lie in stores: what they name by relative paths lies there, too."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from stores.web import served

from convpipe import images
from convpipe.cli import main
from convpipe.config import load
from convpipe.errors import ConfigError
from convpipe.paths import based
from convpipe.stores import Url

CONFIG = """\
# of the store
input: ../in
output: {path: out/}
mask: masks
stages:
  - {background: flatfield, flat: given/flat.png}
  - {geometry: crop, box: ./boxes.csv}
  - {contrast: lut, table: look.cube}
  - {network: conv, weights: "k.npz#edge"}
"""

FILES = {
    "boxes.csv": b"name,left,top,right,bottom\na.png,1,2,7,8\n",
    "look.cube": b"LUT_1D_SIZE 2\n1 1 1\n0 0 0\n",
    "job.yaml": CONFIG.encode(),
}


@pytest.fixture
def convpipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, list(map(str, words)), catch_exceptions=False)


@pytest.fixture
def there(tmp_path, put, bucket):
    """Put a config and what it names below a URL, and return that of the config; here is nothing of it."""
    made = tmp_path / "made"
    (made / "given").mkdir(parents=True)
    images.write(made / "given" / "flat.png", np.arange(80, dtype=np.uint8).reshape(8, 10))
    np.savez(made / "k.npz", edge=np.ones((3, 3, 1, 1), np.float32), blur=np.ones((1, 1, 3, 3)))
    for name, content in FILES.items():
        (made / name).write_bytes(content)
    for path in made.rglob("*.*"):
        put(f"{bucket}/jobs/{path.relative_to(made).as_posix()}", path.read_bytes())
    return f"{bucket}/jobs/job.yaml"


def test_relative_paths_of_a_config_are_below_its_url(there, bucket, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "made")
    (here,) = load("job.yaml")
    monkeypatch.chdir(tmp_path)
    (job,) = load(there)
    assert job.stages == here.stages
    assert (str(job.input.path), str(job.mask)) == (f"{bucket}/in", f"{bucket}/jobs/masks")
    assert job.output.path == Url.parse(f"{bucket}/jobs/out/")
    assert (job.name, job.source, job.text) == ("job", there, here.text)
    flat, crop, lut = (next(iter(stage.parameters.values())) for stage in job.stages[:3])
    named = flat.name, crop.source, lut.entries.name
    assert [name.removeprefix(f"{bucket}/jobs/") for name in named] == [
        "given/flat.png",
        "boxes.csv",
        "look.cube",
    ]
    (job,) = load(there, ["input.path=more", "output.path=/data/out"])
    assert (str(job.input.path), str(job.output.path)) == (f"{bucket}/jobs/more", "/data/out")
    assert based("in") == "in"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"stages: [{blur: box, size: 0}]", "/wrong.yaml:1:28: size must be"),
        (b"input: ../../in\nstages: [{blur: box}]", "/wrong.yaml:1:8: '../../in' leads out of memory://"),
        (b"stages: [{contrast: match, reference: ../../a.png}]", ":1:39: reference: '../../a.png' leads out"),
        (b"stages: [{contrast: match, reference: a.png}]", "/jobs/a.png' cannot be read: No such file"),
        (b"#" * (1 << 18) + b"#", "larger than 262144 bytes"),
        (None, "/wrong.yaml: cannot be read: No such file or directory"),
    ],
)
def test_what_is_wrong_is_said_of_the_url(put, bucket, content, message):
    if content is not None:
        put(f"{bucket}/jobs/wrong.yaml", content)
    with pytest.raises(ConfigError) as error:
        load(f"{bucket}/jobs/wrong.yaml")
    assert message in str(error.value)


def test_commands_take_the_url_of_a_config(convpipe, put, bucket, names, tmp_path):
    put(f"{bucket}/in/a.png")
    config = f"{bucket}/job.yaml"
    put(config, b"# of the store\ninput: in\noutput: out\nstages: [{blur: box, size: 3}]")
    assert convpipe("check", config).stdout.startswith(f"ok: {config}: job: ")
    assert convpipe("plan", config).exit_code == 0
    assert convpipe("explain", config, "--size", "5x5", "--at", "2", "2").exit_code == 0
    run = convpipe("run", config, "--json", "--report", "report")
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["jobs"][0]["config"] == config
    assert names(f"{bucket}/out") == ["a.png"]
    assert "# of the store" in (tmp_path / "report" / "report.html").read_text()
    run = convpipe("run", config, f"{bucket}/in/a.png", "here.png")
    assert run.exit_code == 0, run.output
    assert (tmp_path / "here.png").exists()  # a word of the command is of where it is given


@pytest.mark.parametrize("words", [["tune", "URL", "a.png"], ["init", "URL"]], ids=" ".join)
def test_a_config_that_is_written_to_is_a_file(convpipe, words):
    run = convpipe(*(word.replace("URL", "s3://bucket/job.yaml") for word in words))
    assert run.exit_code == 2
    assert "'s3://bucket/job.yaml' is a URL; a path on a disk is needed here" in run.output


def test_the_signature_of_a_config_is_shown_nowhere(convpipe, tmp_path):
    images.write(tmp_path / "a.png", np.full((8, 10), 7, np.uint8))
    images.write(tmp_path / "ref b.png", np.full((8, 10), 9, np.uint8))
    (tmp_path / "job.yaml").write_text("stages: [{contrast: match, reference: 'ref b.png'}]")
    with served(tmp_path) as url:
        signed = f"{url}/job.yaml?X-Amz-Signature=hush"
        run = convpipe("run", signed, "a.png", "b.png", "--report", "report", "--log", "log", "--verbose")
        assert run.exit_code == 0, run.output
        assert images.read("b.png").pixels.max() == 9
        wrong = convpipe("check", f"{url}/none.yaml?X-Amz-Signature=hush")
        assert wrong.exit_code == 2
        assert "/none.yaml?...: cannot be read: No such file" in wrong.output
    kept = [*(tmp_path / "report").iterdir(), tmp_path / "log"]
    for text in [run.output, wrong.output, *(path.read_text() for path in kept)]:
        assert "hush" not in text

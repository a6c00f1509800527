import json
import os

import numpy as np
import pytest
from click.testing import CliRunner
from stores.web import served

from convpipe import images
from convpipe.cli import main

CONFIG = """
input: {path: INPUT}
output: {path: OUTPUT}
stages: [{blur: box, size: 3}]
"""


@pytest.fixture
def convpipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(main, list(map(str, words)), catch_exceptions=False)


@pytest.fixture
def config(tmp_path):
    def config(input="in", output="out"):
        path = tmp_path / f"job{len(list(tmp_path.glob('job*')))}.yaml"
        path.write_text(CONFIG.replace("INPUT", input).replace("OUTPUT", output))
        return path

    return config


def test_a_run_from_url_to_url(convpipe, config, put, bucket, names):
    put(f"{bucket}/in/a.png")
    for words in ([config(f"{bucket}/in", f"{bucket}/out")], [config(), f"{bucket}/in", f"{bucket}/more/"]):
        run = convpipe("run", *words, "--json")
        assert run.exit_code == 0, run.output
        job = json.loads(run.stdout)["jobs"][0]
        assert job["done"] == 1
    assert names(f"{bucket}/out") == names(f"{bucket}/more") == ["a.png"]
    shown = convpipe("journal", "show", f"{bucket}/out", "--json")
    assert json.loads(shown.stdout)["done"] == 1
    assert convpipe("plan", config(), f"{bucket}/in").exit_code == 0
    assert "read together" in convpipe("journal", "merge", f"{bucket}/out").output


def test_one_object_becomes_one(convpipe, config, put, bucket, names):
    put(f"{bucket}/in/a.png")
    assert convpipe("run", config(), f"{bucket}/in/a.png", f"{bucket}/out/b.tif").exit_code == 0
    assert names(f"{bucket}/out") == ["b.tif"]
    run = convpipe("run", config(), f"{bucket}/in", f"{bucket}/out/c.tif")
    assert run.exit_code == 2
    assert "is a folder, and 'memory://" in run.output


def test_an_input_that_holds_nothing(convpipe, config, bucket):
    run = convpipe("run", config(), f"{bucket}/in", "out")
    assert run.exit_code == 2
    assert f"the input '{bucket}/in' holds no image to filter" in run.output


def test_images_of_the_web(convpipe, config, tmp_path):
    images.write(tmp_path / "a b.png", np.full((8, 10), 7, np.uint8))
    images.write(tmp_path / "c.png", np.full((8, 10), 9, np.uint8))
    with served(tmp_path) as url:
        run = convpipe("run", config(), f"{url}/a%20b.png", "one.png")
        assert run.exit_code == 0, run.output
        assert images.read("one.png").pixels.max() == 7
        (tmp_path / "list").write_text(f"{url}/a%20b.png\nc.png\nnone.png\n")
        run = convpipe("run", config(), url, "out", "--files-from", "list", "--json")
        assert run.exit_code == 1, run.output
        job = json.loads(run.stdout)["jobs"][0]
        assert (job["done"], job["failed"]) == (2, 1)
        assert "No such file" in job["failures"][0]["reason"]
    assert images.read(tmp_path / "out" / "c.png").pixels.max() == 9


@pytest.mark.parametrize("status", [200, 403, 404, 400])
def test_a_signature_is_shown_nowhere(convpipe, config, tmp_path, status):
    images.write(tmp_path / "a.png", np.full((8, 10), 7, np.uint8))
    with served(tmp_path, status) as url:
        signed = f"{url}/a.png?X-Amz-Signature=hush"
        options = ("--log", "run.log", "--report", "report", "--json", "--verbose")
        runs = [
            convpipe("run", config(), signed, "one.png", *options),
            convpipe("run", config(signed, "out/"), "--resume", "--overwrite", *options),
        ]
    assert [run.exit_code for run in runs] == [int(status != 200)] * 2, runs[0].output + runs[1].output
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".yaml"]
    assert len(kept) > 5
    for text in [run.output for run in runs] + [path.read_bytes().decode("latin-1") for path in kept]:
        assert "hush" not in text


@pytest.mark.parametrize("where", ["input", "output"])
def test_a_password_is_shown_nowhere(convpipe, config, where):
    path = config(**{where: "s3://key:hush@bucket/x"})
    given = ("in", "s3://key:hush@bucket/x") if where == "output" else ("s3://key:hush@bucket/x", "out")
    for words in (["check", path], ["run", path], ["run", config(), *given], ["plan", config(), given[0]]):
        run = convpipe(*words)
        assert run.exit_code != 0
        assert "hush" not in run.output
    assert "credentials come from the environment" in convpipe("check", path).output


@pytest.mark.parametrize(
    "words",
    [
        ["preview", "CONFIG", "URL"],
        ["explain", "CONFIG", "URL"],
    ],
    ids=" ".join,
)
def test_where_a_path_is_needed_a_url_is_none(convpipe, config, tmp_path, words):
    path = str(config())
    given = {"URL": "https://127.0.0.1/x?X-Amz-Signature=hush", "CONFIG": path}
    run = convpipe(*(given.get(word, word) for word in words))
    assert run.exit_code == 2
    assert "is a URL; a path on a disk is needed here" in " ".join(run.output.split())
    assert "hush" not in run.output
    assert [entry.name for entry in tmp_path.iterdir()] == [os.path.basename(path)]

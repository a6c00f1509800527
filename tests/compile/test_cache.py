"""Compiled loops on disk: shared, private, and never loaded when damaged."""

import json
import os
import stat
import subprocess
import sys

import numpy as np
import pytest

from convpipe.compile import cache
from convpipe.compile.groups import compile_plan
from convpipe.plan import make_plan
from convpipe.stages import stage

IMAGE = np.arange(48, dtype=np.uint8).reshape(6, 8)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVPIPE_CACHE_DIR", str(tmp_path / "loops"))
    cache._loaded.clear()
    yield tmp_path / "loops"
    cache._loaded.clear()


def run(sigma=1.0):
    plan = make_plan([stage("blur", "gaussian", sigma=sigma, truncate=2 / sigma)], IMAGE.shape)
    cache._loaded.clear()
    compiled = []
    with cache.announced(lambda: compiled.append(1)):
        result, _ = compile_plan(plan)(IMAGE)
    return result, len(compiled)


def entries(folder):
    return [path for path in folder.iterdir() if path.is_dir()]


def test_second_run_compiles_nothing(folder):
    first, compiled = run()
    assert compiled == 1
    second, compiled = run()
    assert compiled == 0
    np.testing.assert_array_equal(first, second)


def test_other_weights_of_the_same_shape_compile_nothing(folder):
    run(sigma=1.0)
    _, compiled = run(sigma=1.3)
    assert compiled == 0
    assert len(entries(folder)) == 1


def test_directory_is_private(folder):
    folder.mkdir(mode=0o755)
    run()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("suffix", [".nbc", ".nbi", ".py"])
@pytest.mark.parametrize("damage", ["flip", "truncate", "remove"])
def test_damage_is_noticed_and_built_again(folder, suffix, damage):
    want, _ = run()
    (entry,) = entries(folder)
    (file,) = [path for path in entry.rglob("*") if path.suffix == suffix]
    data = bytearray(file.read_bytes())
    if damage == "remove":
        file.unlink()
    elif damage == "truncate":
        file.write_bytes(data[: len(data) // 2])
    else:
        for at in range(0, len(data), 97):
            data[at] ^= 0xFF
        file.write_bytes(data)
    got, compiled = run()
    assert compiled == 1
    np.testing.assert_array_equal(got, want)
    _, compiled = run()
    assert compiled == 0


@pytest.mark.parametrize("manifest", ["", "[]", "{}", "not json"])
def test_a_broken_manifest_is_no_manifest(folder, manifest):
    want, _ = run()
    (entry,) = entries(folder)
    (entry / cache.MANIFEST).write_text(manifest)
    got, compiled = run()
    assert compiled == 1
    np.testing.assert_array_equal(got, want)


def test_where_nothing_can_be_kept_loops_live_in_memory(folder):
    folder.write_text("a file where the directory should be")
    result, compiled = run()
    assert compiled == 1
    assert result.shape == IMAGE.shape
    assert "loops" in cache.state().problem


def test_state_and_clear(folder):
    run()
    kept = cache.state()
    assert (kept.entries, kept.problem) == (1, None)
    assert kept.bytes > 1000
    assert cache.clear() == 1
    assert cache.state().entries == 0
    assert entries(folder) == []


def test_interrupted_builds_are_no_entries(folder):
    run()
    (folder / ".building-left").mkdir()
    assert cache.state().entries == 1
    cache.clear()
    assert entries(folder) == []


_PROGRAM = """
import json, numpy as np
from convpipe.compile.groups import compile_plan
from convpipe.plan import make_plan
from convpipe.stages import stage
image = np.arange(48, dtype=np.uint8).reshape(6, 8)
result, _ = compile_plan(make_plan([stage("blur", "box", size=3)], image.shape))(image)
print(json.dumps(result.tolist()))
"""


def test_processes_may_build_the_same_loop_at_once(folder):
    running = [
        subprocess.Popen([sys.executable, "-c", _PROGRAM], stdout=subprocess.PIPE, env=os.environ)
        for _ in range(3)
    ]
    results = [json.loads(process.communicate()[0]) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    assert results[0] == results[1] == results[2]
    assert len(entries(folder)) == 1

"""Compiled loops on disk: shared between processes, and never loaded unless they are ours and whole."""

import gc
import json
import os
import shutil
import stat
import subprocess
import sys
import time

import numpy as np
import pytest
from numba.core import config
from numba.core.dispatcher import Dispatcher

from convpipe.compile.cpu import loops, signatures
from convpipe.compile.cpu.graphs import compile_plan
from convpipe.compile.runtime import cache, compiler, machine, start, store
from convpipe.errors import ConvpipeError
from convpipe.plan import make_plan
from convpipe.stages import stage

IMAGE = np.arange(48, dtype=np.uint8).reshape(6, 8)

KEY = "5a" * 32


def forget():
    """Have what is compiled looked for on disk."""
    cache._loaded.clear()
    cache._addresses.clear()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CONVPIPE_CACHE_DIR", str(tmp_path / "loops"))
    forget()
    cache._say_not_kept.cache_clear()
    yield tmp_path / "loops"
    forget()


def run(sigma=1.0):
    plan = make_plan([stage("blur", "gaussian", sigma=sigma, truncate=2 / sigma)], IMAGE.shape)
    forget()
    compiled = []
    with cache.announced(lambda: compiled.append(1)):
        result, _ = compile_plan(plan)(IMAGE)
    return result, len(compiled)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What a run keeps, made once."""
    place = tmp_path_factory.mktemp("made") / "loops"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONVPIPE_CACHE_DIR", str(place))
        result, compiled = run()
    forget()
    assert compiled == len(list(place.iterdir()))
    return place, result


@pytest.fixture
def built(folder, made):
    """The folder, as a run leaves it, and what that run gave."""
    place, result = made
    shutil.copytree(place, folder)
    return folder, result


def test_second_run_compiles_nothing(folder):
    first, compiled = run()
    assert compiled == len(list(folder.iterdir())) > 2  # the driver, and loops
    second, compiled = run()
    assert compiled == 0
    np.testing.assert_array_equal(first, second)


def test_other_weights_of_the_same_shape_compile_nothing(built):
    folder, _ = built
    before = set(folder.iterdir())
    _, compiled = run(sigma=1.3)
    assert compiled == 0
    assert set(folder.iterdir()) == before


def test_no_garbage_is_looked_for_while_a_loop_is_compiled(folder, monkeypatch):
    collects, compiled = [], Dispatcher.compile
    monkeypatch.setattr(
        Dispatcher, "compile", lambda *given: collects.append(gc.isenabled()) or compiled(*given)
    )
    cache.address(loops.copy("uint8", "int16").source, "loop", signatures.LOOP)
    assert {False} == set(collects)
    assert gc.isenabled()


@pytest.mark.parametrize(("told", "level"), [("", 3), ("LLVM_LEVEL = 1", 1), ("LLVM_LEVEL = 5", 3)])
def test_a_module_says_on_which_level_it_is_compiled(told, level, folder, monkeypatch):
    levels, compiled = [], Dispatcher.compile
    monkeypatch.setattr(Dispatcher, "compile", lambda *given: levels.append(config.OPT) or compiled(*given))
    source = f"{loops.copy('uint8', 'int32').source}{told}\n"
    cache.address(source, "loop", signatures.LOOP)
    assert {level} == set(levels)
    assert config.OPT == 3
    assert config.OPT.is_opt_max is False  # Numba's own kind of number


def test_code_for_another_processor_is_another_entry(folder, monkeypatch):
    key = cache._key("", "", ())
    monkeypatch.setattr(config, "CPU_NAME", "x86-64")
    cache._environment.cache_clear()
    assert cache._key("", "", ()) != key
    cache._environment.cache_clear()


def test_directory_is_made_for_its_user_alone(folder):
    before = os.umask(0o002)
    try:
        run()
    finally:
        os.umask(before)
    entries = list(folder.iterdir())
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, *entries)]
    assert modes == [0o700, *[0o600] * len(entries)]


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "header"])
def test_damage_is_noticed_and_built_again(built, damage, caplog):
    folder, want = built
    entry = min(folder.iterdir())
    data = bytearray(entry.read_bytes())
    for at in {"flip": [len(data) // 2], "header": [3]}.get(damage, []):
        data[at] ^= 0xFF
    entry.write_bytes(data[: {"truncate": len(data) // 2, "empty": 0}.get(damage)])
    got, compiled = run()
    assert compiled == 1
    assert f"{entry.name[:12]} is built again: it is damaged" in caplog.text
    np.testing.assert_array_equal(got, want)
    _, compiled = run()
    assert compiled == 0


def test_where_nothing_can_be_kept_loops_live_in_memory(folder):
    folder.write_text("a file where the directory should be")
    result, compiled = run()
    assert compiled > 2
    assert result.shape == IMAGE.shape
    assert "loops" in cache.state().problem


def test_state_and_clear(folder):
    assert (cache.state().entries, folder.exists()) == (0, False)
    assert cache.is_empty()
    run()
    assert not cache.is_empty()
    kept = cache.state()
    assert (kept.entries, kept.problem) == (len(list(folder.iterdir())), None)
    assert kept.bytes > 1000
    assert cache.clear() == kept.entries > 2
    assert cache.state().entries == 0
    assert cache.is_empty()
    assert list(folder.iterdir()) == []


def test_clear_removes_nothing_but_entries(built):
    folder, _ = built
    (folder / "thesis").mkdir()
    (folder / "thesis" / "chapter.txt").write_text("years of work")
    (folder / "notes.txt").write_text("")
    (folder / f"{KEY}.loop").write_text("of another program, by its header")
    (folder / f"{'6b' * 32}.loop").symlink_to(folder / "notes.txt")
    (folder / f"{'7c' * 32}.loop").mkdir()
    os.mkfifo(folder / f"{'8d' * 32}.loop")
    before = {path.name for path in folder.iterdir()}
    assert cache.clear() == len(before) - 6
    left = {path.name for path in folder.iterdir()}
    assert len(left) == 6
    assert (folder / "thesis" / "chapter.txt").exists()


def test_what_killed_processes_left_is_cleared_and_no_entry(built):
    folder, _ = built
    made = len(list(folder.iterdir()))
    old, young = (folder / f"{KEY}.{digit * 16}.draft" for digit in "01")
    for draft in (old, young):
        draft.write_bytes(store.HEADER)
    hours_ago = time.time() - 2 * store.STALE_SECONDS
    os.utime(old, (hours_ago, hours_ago))
    assert cache.state().entries == made
    store.Store(folder).write(KEY, b"another")
    assert not old.exists()
    assert young.exists()  # its process may be alive


def test_a_write_that_fails_leaves_nothing(folder, monkeypatch):
    kept = store.Store(folder)
    kept.write(KEY, b"first")
    monkeypatch.setattr(os, "replace", lambda *given, **more: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        kept.write(KEY, b"second")
    assert [path.name for path in folder.iterdir()] == [f"{KEY}.loop"]
    assert kept.read(KEY) == b"first"


def open_to_others(folder):
    folder.chmod(0o777)


def open_to_a_group(folder):
    folder.chmod(0o770)


def linked(folder):
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere", target_is_directory=True)


def below_an_open_folder(folder):
    folder.parent.chmod(0o777)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (open_to_others, "others may write to it (mode 777)"),
        (open_to_a_group, "others may write to it (mode 770)"),
        (linked, "it is a link"),
        (below_an_open_folder, "others may exchange it"),
    ],
)
def test_a_folder_that_others_can_fill_is_neither_used_nor_changed(built, change, reason, caplog):
    folder, _ = built
    change(folder)
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder.parent, folder)]
    content = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    for _ in range(2):
        _, compiled = run()
        assert compiled == len(content)
    assert caplog.text.count(reason) == 1
    assert reason in cache.state().problem
    with pytest.raises(ConvpipeError, match=f"no compiled loop was removed: .*{reason.partition(' (')[0]}"):
        cache.clear()
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder.parent, folder)] == modes
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == content


def test_a_folder_of_another_user_is_refused(built, monkeypatch):
    assert cache.state().problem is None
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    assert "it belongs to another user" in cache.state().problem


def test_a_sticky_folder_above_is_no_danger(folder):
    folder.parent.chmod(0o1777)
    run()
    assert run()[1] == 0


@pytest.mark.parametrize("kind", ["writable", "owner", "link", "pipe", "folder"])
def test_a_planted_entry_is_never_loaded(built, kind, monkeypatch, tmp_path):
    """Whatever made it so: it was planted while others could write to the folder."""
    folder, _ = built
    entries = list(folder.iterdir())
    for entry in entries:
        plant(entry, kind, tmp_path)
    monkeypatch.setattr(cache.pickle, "loads", lambda data: pytest.fail("loaded"))
    _, compiled = run()
    assert compiled == len(entries)
    for entry in entries:
        if kind != "folder":  # which no file replaces
            assert stat.S_IMODE(entry.lstat().st_mode) == 0o600
            assert (entry.is_symlink(), entry.stat().st_uid) == (False, os.geteuid())


def plant(entry, kind, elsewhere):
    if kind == "writable":
        entry.chmod(0o622)
    elif kind == "owner":
        if os.geteuid():
            pytest.skip("only root gives files away")
        os.chown(entry, 12345, -1)
    elif kind == "link":
        entry.rename(elsewhere / entry.name)
        entry.symlink_to(elsewhere / entry.name)
    else:
        entry.unlink()
        os.mkfifo(entry) if kind == "pipe" else entry.mkdir()


_PROGRAM = """
import json, numpy as np
from convpipe.compile.cpu.graphs import compile_plan
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
    assert len({path.suffix for path in folder.iterdir()}) == 1  # no draft is left


FROM_DISK = """
import numpy as np
from convpipe import Pipeline, stage
from convpipe.compile.runtime import start

def fill_tables():
    raise AssertionError("Numba's tables are not needed")

start.fill_tables = fill_tables
image = np.arange(48, dtype=np.uint8).reshape(6, 8)
Pipeline([stage("blur", "gaussian", sigma=1.0, truncate=2.0)])(image, threads=1)
"""


def test_loops_on_the_disk_need_no_tables_of_numba(built):
    done = subprocess.run([sys.executable, "-c", FROM_DISK], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_code_takes_from_elsewhere_is_there_before_it_is_loaded(built, monkeypatch):
    kept = compiler.context_with
    needed = []
    monkeypatch.setattr(compiler, "context_with", lambda names: needed.append(names) or kept(names))
    run()
    assert any("NRT_Free" in names for names in needed)  # of what Python calls: Numba aborts where it lacks
    filled = []
    monkeypatch.setattr(start, "fill_tables", lambda: filled.append(1))
    kept(("NRT_Free", "PyExc_RuntimeError"))
    assert not filled
    kept(("NRT_Free", "of_no_library"))
    assert filled


def test_machine_code_that_needs_more_than_the_c_library_has_numba_loaded(built, monkeypatch):
    asked = []
    monkeypatch.setattr(machine, "knows", lambda names: asked.append(names) or ("malloc" not in names))
    kept = compiler.context_with
    monkeypatch.setattr(compiler, "context_with", lambda names: asked.append(names) or kept(names))
    run()
    assert asked.count(("free", "malloc")) == 2  # of the driver: it is not known, and then it is made so


def test_names_from_elsewhere_are_found_in_the_text_of_llvm():
    text = """
@PyExc_RuntimeError = external global i8
@".const.a b" = internal constant [2 x i8] zeroinitializer
define i64 @"_ZN4loop"(i64* %rows) {
  %a = call double @pow(double %b, double %c)
}
declare double @pow(double, double) local_unnamed_addr #1
declare noalias i8* @"NRT allocate"(i64) #2
declare double @llvm.sqrt.f64(double)
"""
    library = type("Library", (), {"get_llvm_str": lambda self: text})()
    assert compiler._needed(library) == ("NRT allocate", "PyExc_RuntimeError", "pow")

"""Numba is loaded where something is compiled, and what it is told is known without it."""

import subprocess
import sys

import pytest

from convpipe.compile.runtime import cache, settings


def test_what_generates_loops_does_not_import_numba():
    code = """
import pkgutil, sys
import convpipe.compile.cpu as cpu
for module in pkgutil.walk_packages(cpu.__path__, "convpipe.compile.cpu."):
    if ".compiled" not in module.name:
        __import__(module.name)
print([name for name in sys.modules if name.split(".")[0] == "numba"])
"""
    assert subprocess.check_output([sys.executable, "-c", code]) == b"[]\n"


def test_a_loop_has_one_name_whether_numba_is_loaded_or_not():
    code = "from convpipe.compile.runtime import cache; print(cache._key('', '', ()))"
    command = [sys.executable, "-c"]
    plain, loaded = (subprocess.check_output([*command, first + code]) for first in ("", "import numba; "))
    assert plain == loaded


@pytest.mark.parametrize(("name", "value"), [("OPT", 1), ("CPU_NAME", "x86-64"), ("ENABLE_AVX", 0)])
def test_what_a_program_tells_numba(name, value, monkeypatch):
    from numba.core import config

    assert settings.told() == {}
    usual = cache._key("", "", ())
    monkeypatch.setattr(config, name, value)
    assert settings.told() == {name: value}
    assert cache._key("", "", ()) != usual

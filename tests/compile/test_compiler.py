"""Numba as loops are compiled by it: quicker than it is by itself, to the same machine code."""

import hashlib
import os
import subprocess
import sys

import pytest
from numba import njit
from numba.core.types.functions import BaseFunction

from convpipe.compile.cpu.compiled.rows import FLAGS
from convpipe.compile.runtime.remember import remembered

PROGRAM = """
import contextlib, sys
import numpy as np
from convpipe import Pipeline, stage
from convpipe.compile.cpu.compiled import loop_compiler
from convpipe.compile.runtime import compiler, start
start.spare()  # what Python calls through Numba is kept with more than its code
if sys.argv[1] == "as Numba":
    loop_compiler.NEEDLESS, compiler.remembered = frozenset(), contextlib.nullcontext
image = np.arange(1200, dtype=np.uint8).reshape(20, 60)
for one in (stage("edge", "sobel"), stage("rank", "median", size=5)):
    Pipeline([one])(image, threads=1)
"""


def kept(folder, how):
    """Return digests of the object files that a process of its own keeps.

    Of the driver, Numba's first versions name what they pickle by its address: each process has others.
    """
    environment = {**os.environ, "CONVPIPE_CACHE_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", PROGRAM, how], env=environment, check=True)
    codes = {path.name: path.read_bytes() for path in folder.glob("*.loop")}
    return {
        name: hashlib.sha256(code).digest() for name, code in codes.items() if b".const.pickle" not in code
    }


def test_machine_code_is_what_numba_alone_would_make(tmp_path):
    ours, numbas = (kept(tmp_path / name, name) for name in ("ours", "as Numba"))
    assert len(ours) >= 4
    assert ours == numbas


def test_questions_are_asked_once(monkeypatch):
    asked = []
    ask = BaseFunction.get_call_type

    def counted(function, context, args, kws):
        asked.append((function, args, tuple(kws)))
        return ask(function, context, args, kws)

    monkeypatch.setattr(BaseFunction, "get_call_type", counted)

    @njit(**FLAGS)
    def summed(a, b):
        total = a
        for _ in range(3):
            total = total + b
            total = total + b
        return total

    with remembered():
        assert summed(1.5, 2.5) == 16.5
    assert len(set(asked)) == len(asked) > 0
    assert BaseFunction.get_call_type is counted


def test_a_question_that_has_no_answer_is_asked_again():
    @njit(**FLAGS)
    def added(a, b):
        return a + b

    with remembered():
        for _ in range(2):
            with pytest.raises(Exception, match="No implementation of function"):
                added(1, "text")
        assert added(1, 2) == 3

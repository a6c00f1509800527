"""The kernels of every shipped config as PTX: no device is needed, only numba-cuda and its NVVM."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GREY, COLOUR, ALPHA = (480, 640), (480, 640, 3), (480, 640, 4)
TARGETS = [(7, 0), (8, 0), (9, 0)]
SHAPES = [GREY, COLOUR, ALPHA]

SOME = 3
"""Kernels at most of a config for several channels: more take minutes, and have no other windows."""

needs_nvvm = pytest.mark.skipif(
    importlib.util.find_spec("numba_cuda") is None,
    reason="numba-cuda is missing: pip install 'convpipe[cuda]'",
)


def kernels(run, capability):
    """Yield the PTX of every kernel of the compiled plan `run` for a device of `capability`."""
    import numpy as np
    from numba import cuda, from_dtype, types
    from numba.cuda import dispatcher

    from convpipe.compile.cuda.launch import compiled
    from convpipe.compile.runtime.remember import remembered

    class Card:
        compute_capability = capability

    dispatcher.get_current_device = Card  # device functions ask for it, and there is none

    def array(dtype, ndim):
        return types.Array(from_dtype(np.dtype(dtype)), ndim, "C")

    for part in run.parts:
        for group in part.groups:
            images = [array(part.picture(at).dtype, 2) for at in (*group.reads, *group.writes)]
            vectors = [array("int64", 2), array("int64", 1), *[array(part.compute, 1)] * 3, array("int32", 1)]
            pairs = [each for image in images for each in (image, types.int64)]
            signature = (*pairs, *vectors, types.int64, types.int64)
            with remembered():  # one thread compiles here, and numba-cuda asks as Numba does
                ptx, _ = cuda.compile_ptx(compiled(part, group).py_func, signature, cc=capability)
            yield ptx


OTHER_IMAGES = re.compile(
    r"needs (an image|images) without alpha|needs \d colour channels|are for \d+ channels|the image has \d+ x"
)
"""What a plan says that is for images of other channels, without alpha, or of the extent of a reference."""


def plans(capability):
    """Yield plans of the shipped configs a device runs, of windows that sort, of a resize and a table.

    Each for images of some shape: what is not made for this target is made for another.
    """
    from test_device_ranks import ranked

    from convpipe import Pipeline, config
    from convpipe.compile.cuda.run import compile_plan
    from convpipe.compile.cuda.supported import unsupported
    from convpipe.errors import PlanError
    from convpipe.plan import make_plan
    from convpipe.stages import stage

    turn = TARGETS.index(capability)
    for at, path in enumerate(sorted((ROOT / "configs").glob("*.yaml"))):
        shape = SHAPES[(at + turn) % len(SHAPES)]
        for job in config.load(path):
            try:
                plan = Pipeline.from_job(job, backend="cpu").plan(shape, alpha=shape is ALPHA)
            except PlanError as error:
                if not OTHER_IMAGES.search(str(error)):
                    raise
                continue
            if unsupported(plan) is None and (
                shape is GREY or sum(len(part.groups) for part in compile_plan(plan).parts) <= SOME
            ):
                yield plan
    if turn == 1:
        for footprint, rank in (("square", 4), ("six", 17), ("ring", 40), ("six", 0)):
            yield make_plan([ranked(footprint, rank)], GREY)
        yield make_plan([stage("geometry", "resize", factor=0.3), stage("contrast", "equalize")], GREY)


def bilaterals(capability):
    """Yield plans of windows whose weights depend on the samples, from tiles and from the image."""
    from convpipe.plan import make_plan
    from convpipe.stages import stage

    shape = SHAPES[TARGETS.index(capability)]
    channels = shape[2] if len(shape) == 3 else 1
    for size, distance in ((5, "euclidean"), (255, "manhattan")):
        one = stage("blur", "bilateral", sigma_color=25, size=size, distance=distance)
        yield make_plan([one], shape[:2], channels=channels, alpha=shape is ALPHA)


def count(capability, plans=plans):
    """Print what the PTX of their kernels holds, as JSON; runs in a process of its own."""
    from convpipe.compile.cuda.run import compile_plan

    seen = set()
    found = dict.fromkeys(["kernels", "f64", "local", "generic", "shared", "fma", "calls", "loose"], 0)
    found["longest"] = 0
    for run in map(compile_plan, plans(capability)):
        if run.source in seen:
            continue
        seen.add(run.source)
        for ptx in kernels(run, capability):
            assert f".target sm_{capability[0]}{capability[1]}" in ptx
            found["kernels"] += 1
            found["longest"] = max(found["longest"], len(ptx))
            if "exp(" not in run.source:  # which is made of float64, so as to have the same bits everywhere
                found["f64"] += ptx.count(".f64")
            found["local"] += ptx.count(".local")
            found["generic"] += ptx.count("\tld.f32") + ptx.count("\tst.f32")
            found["shared"] += ptx.count("ld.shared.f32")
            found["fma"] += ptx.count("fma.rn.f32")
            found["calls"] += ptx.count("call.uni")
            if "power(" not in run.source:  # which is NVIDIA's own, and says so in few of its sums
                found["loose"] += sum(ptx.count(f"{name}.f32") for name in ("add", "sub"))
    print(json.dumps(found))


@needs_nvvm
@pytest.mark.parametrize("capability", TARGETS, ids=lambda pair: f"sm_{pair[0]}{pair[1]}")
def test_shipped_configs_as_ptx(capability):
    found = counted(capability, "plans")
    assert found["kernels"] >= 8
    assert found["shared"] > 100
    assert found["fma"] > 100


@needs_nvvm
@pytest.mark.parametrize("capability", TARGETS, ids=lambda pair: f"sm_{pair[0]}{pair[1]}")
def test_bilateral_as_ptx(capability):
    found = counted(capability, "bilaterals")
    assert found["kernels"] >= 2
    assert found["fma"] >= 15 * found["kernels"]


def counted(capability, plans):
    """Return what the PTX of some plans holds, of which nothing is slow or left to the assembler."""
    program = f"import test_ptx; test_ptx.count({capability}, test_ptx.{plans})"
    paths = os.pathsep.join(map(str, [ROOT, ROOT / "tests", Path(__file__).parent]))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        env={**os.environ, "PYTHONPATH": paths, "NUMBA_ENABLE_CUDASIM": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if "CCSupportError" in done.stderr:
        pytest.skip(f"this NVVM does not know the target: {done.stderr.splitlines()[-1]}")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["f64"] == 0  # float32 stays float32
    assert found["local"] == 0  # taps and samples stay in registers
    assert found["generic"] == 0  # tiles are known to be shared memory
    assert found["calls"] == 0  # device functions are compiled in
    assert found["loose"] == 0  # no sum is left for the assembler to fuse with a product: they say add.rn
    assert found["longest"] < 600_000  # characters: windows of any size are loops
    return found

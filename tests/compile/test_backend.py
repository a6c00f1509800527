"""The choice between processor and device, with and without one."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from convpipe import BackendError, Pipeline, stage
from convpipe.cli import main
from convpipe.compile import backend as choice
from convpipe.compile.cuda import cost, probe
from convpipe.compile.cuda.cost import estimate
from convpipe.config import from_dict
from convpipe.losses import Losses

SOBEL = [stage("edge", "sobel")]


@pytest.fixture
def without(monkeypatch):
    """Say why there is no CUDA here, or that there is."""

    def say(*reasons):
        monkeypatch.setattr(choice, "problems", lambda: list(reasons))

    return say


class Device:
    """Stands for the compiled plan on a device."""

    source = "kernels"

    def __init__(self, plan, error=None, notes=(), results=("result",)):
        self.plan, self.error, self.notes, self.results = plan, error, notes, results

    def __call__(self, image, threads=None):
        if self.error:
            raise self.error
        return np.full(self.plan.extent, 77, np.uint8), Losses()

    def outputs(self, image, threads=None):
        made, losses = self(image)
        return dict.fromkeys(self.results, made), losses

    def warm(self):
        pass


@pytest.fixture
def device(monkeypatch):
    """Put a device in the place of the real one."""

    def put(**given):
        from convpipe.compile.cuda import run as cuda

        monkeypatch.setattr(cuda, "compile_plan", lambda plan: Device(plan, **given))

    return put


def test_cuda_that_is_not_here_is_an_error_with_every_reason(without):
    without("no driver", "numba-cuda is missing: pip install it")
    with pytest.raises(
        BackendError, match=r"^backend 'cuda' cannot run here: no driver; numba-cuda is missing"
    ):
        Pipeline(SOBEL, backend="cuda")


def test_auto_without_a_device_is_the_processor_and_says_why(without):
    without("no driver", "numba-cuda is missing")
    run = Pipeline(SOBEL, backend="auto")
    assert run.backend == "cpu"
    assert run.engine.describe() == "cpu (auto: no driver)"


def test_the_default_is_the_processor_and_asks_for_no_device(monkeypatch):
    monkeypatch.setattr(choice, "problems", lambda: pytest.fail("looked for a device"))
    assert from_dict({"stages": [{"edge": "sobel"}]}).backend == "cpu"
    assert Pipeline(SOBEL).engine.describe() == "cpu"


def test_auto_takes_the_device_for_much_work_alone(without, device):
    without()
    device()
    run = Pipeline([stage("blur", "gaussian", sigma=30, tolerance=0), *SOBEL], backend="auto")
    assert run.backend == "auto"
    assert run(np.zeros((3000, 2000), np.uint8))[0, 0] == 77
    assert run.engine.describe().startswith("cuda (auto: estimated ")
    assert run(np.zeros((16, 16), np.uint8))[0, 0] == 0
    assert run.engine.describe().startswith("cpu and cuda (auto: estimated ")


def test_auto_takes_over_from_a_device_that_fails_and_says_so(without, device):
    without()
    device(error=BackendError("the CUDA device failed: no such thing"))
    run = Pipeline([stage("blur", "gaussian", sigma=30, tolerance=0)], backend="auto")
    image = np.full((3000, 2000), 9, np.uint8)
    assert run(image)[0, 0] == 9
    assert "the device failed, and the processor took over: the CUDA device failed" in run.engine.describe()
    assert run(image)[0, 0] == 9


def test_auto_takes_the_device_for_a_graph_and_all_its_results(without, device):
    without()
    wide = [
        stage("blur", "gaussian", sigma=30, tolerance=0, name="a"),
        stage("blur", "gaussian", sigma=20, tolerance=0, name="b"),
    ]
    stages = [*wide, stage("combine", "c", formula="a - b")]
    run = Pipeline(stages, backend="auto", outputs={"b": "b"})
    device(results=("b", "result"))
    results = run(np.zeros((3000, 2000), np.uint8))
    assert {name: each[0, 0] for name, each in results.items()} == {"b": 77, "result": 77}
    assert run.engine.describe().startswith("cuda (auto: estimated ")


def test_all_results_come_from_the_processor_where_a_device_fails(without, device):
    without()
    stages = [
        stage("blur", "gaussian", sigma=30, tolerance=0, name="a"),
        stage("blur", "gaussian", sigma=20, tolerance=0),
    ]
    run = Pipeline(stages, backend="auto", outputs={"a": "a"})
    device(error=BackendError("the CUDA device failed: no such thing"))
    results = run(np.full((3000, 2000), 9, np.uint8))
    assert {name: each[0, 0] for name, each in results.items()} == {"a": 9, "result": 9}
    assert "the processor took over" in run.engine.describe()


def test_an_image_whose_numbers_are_needed_comes_back_for_them():
    image = (8000, 8000)
    blur = stage("blur", "box", size=3)
    known, found = (
        estimate(Pipeline([blur, stage("point", "threshold", level=level)], backend="cpu").plan(image), 2)
        for level in (100, "otsu")
    )
    assert found.cuda - known.cuda == pytest.approx(4 * 8000**2 / 12e9, rel=0.1)


def test_cuda_that_fails_is_an_error(without, device):
    without()
    device(error=BackendError("the CUDA device failed: no such thing"))
    with pytest.raises(BackendError, match="no such thing"):
        Pipeline(SOBEL, backend="cuda")(np.zeros((3, 3), np.uint8))


def test_bands_are_in_the_report(without, device, tmp_path):
    without()
    device(notes=["filtered in 4 bands"])
    from convpipe import images

    images.write(tmp_path / "in.png", np.zeros((4, 5), np.uint8))
    report = Pipeline(SOBEL, backend="cuda").run_folder(tmp_path / "in.png", tmp_path / "out")
    assert report.done == 1
    assert report.backend == "cuda (filtered in 4 bands)"


def test_estimate_counts_the_way_there_and_back():
    small, large = (Pipeline(SOBEL, backend="cpu").plan((side, side)) for side in (100, 8000))
    assert estimate(small, 2).backend == "cpu"
    assert estimate(large, 2).cuda > 2 * 8000**2 / 12e9
    assert estimate(large, 64).backend == "cpu"
    assert str(estimate(large, 2)).startswith("estimated ")


def test_estimate_knows_that_the_processor_has_transforms():
    kernel = (1 + np.arange(101 * 101) % 7 * np.arange(101 * 101) % 11).reshape(101, 101)
    plan = Pipeline([stage("custom", "large", kernel=kernel.tolist())], backend="cpu").plan((2000, 2000))
    assert plan.stages[0].tiles is not None
    assert estimate(plan, 2).cpu < plan.operations / (2 * cost.CORE) / 10


def test_probe_reasons(monkeypatch):
    monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(probe, "find_spec", lambda name: None)

    def load(name):
        raise OSError

    monkeypatch.setattr(probe.ctypes, "CDLL", load)
    driver, devices, packages = probe.problems()
    assert driver.startswith("no NVIDIA driver: ")
    assert devices == "CUDA_VISIBLE_DEVICES hides every device"
    assert packages == "numba-cuda is missing: pip install 'convpipe[cuda]'"
    monkeypatch.setenv("NUMBA_ENABLE_CUDASIM", "1")
    assert probe.problems() == []


def test_a_compiler_that_cannot_be_loaded_is_a_reason(monkeypatch):
    for name in ("_driver", "_devices", "_packages"):
        monkeypatch.setattr(probe, name, lambda: None)

    def load(name):
        raise AttributeError("module 'numpy' has no attribute 'row_stack'")

    monkeypatch.setattr(probe, "import_module", lambda name: None)
    assert probe.problems() == []
    monkeypatch.setattr(probe, "import_module", load)
    (reason,) = probe.problems()
    assert "row_stack" in reason
    assert "convpipe[cuda]" in reason


_PROGRAM = """
import sys
from convpipe import Pipeline, stage
Pipeline([stage("edge", "sobel")])
assert not any(name == "numba" or name.startswith("numba.") for name in sys.modules)
import convpipe.compile.cuda
import numba.cuda.cudadrv.driver as driver
assert driver.driver.pid is None
"""


def test_nothing_touches_cuda_at_import():
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_kernels_are_shown_without_a_device():
    config = Path(__file__).parents[2] / "configs" / "edges.yaml"
    shown = CliRunner().invoke(main, ["compile", str(config), "--show", "--backend", "cuda"])
    assert shown.exit_code == 0
    taken = "given0, given0_row, made2, made2_row, g, places, w, c, outside, nans, origin, across"
    assert f"@cuda.jit\ndef group_0({taken}):" in shown.output
    compile(shown.output, "shown", "exec")

"""Imports go downward only, and heavy libraries stay where they belong."""

import ast
import builtins
import subprocess
import sys
from pathlib import Path

import pytest

import convpipe
from convpipe.interval import FUNCTIONS

ROOT = Path(convpipe.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

LAYERS = [
    "dataclass",
    "errors",
    "limits",
    "pages",
    "shards",
    "losses",
    "subject",
    "remarks",
    "stores",
    "paths",
    "memory",
    "dtypes",
    "shelf",
    "geometry",
    "padding",
    "boxes",
    "polyphase",
    "multirate",
    "sampling",
    "images",
    "expression",
    "interval",
    "branches",
    "radix",
    "histograms",
    "clahe",
    "thresholds",
    "statistics",
    "regions",
    "tensors",
    "fourier",
    "ops",
    "formula",
    "objects",
    "levels",
    "selection",
    "ranges",
    "stages",
    "drawing",
    "plan",
    "config",
    "compile",
    "engine",
    "stack",
    "measuring",
    "measures",
    "conv",
    "display",
    "report",
    "streaming",
    "batch",
    "cluster",
    "arrays",
    "blocks",
    "arguments",
    "specification",
    "pipeline",
    "functions",
    "explain",
    "filters",
    "adapters",
    "tuner",
    "cli",
]
"""Bottom to top."""

ROOMS = {
    "runtime": set(),
    "common": set(),
    "cpu": {"runtime", "common", "conv2d"},
    "conv2d": {"runtime", "common", "cpu"},
    "cuda": {"runtime", "common"},
    "backend": {"runtime", "cpu", "cuda"},
}
"""What each room of the compiler may import of the others; the loops of conv2d are made of what `cpu` has for
rows, and `cpu` has them run a layer."""

HOMES = {
    "numba": {"compile"},
    "llvmlite": {"compile"},
    "platformdirs": {"compile"},
    "scipy": {"stages"},
    "click": {"cli"},
    "dask": {"blocks", "cluster"},
    "distributed": {"cluster"},
    "rich": {"cli", "report"},
    "ruamel": {"config"},
    "PIL": {"display", "explain", "images"},
    "starlette": {"tuner"},
    "uvicorn": {"tuner"},
    "imagecodecs": {"images"},
    "isal": {"images"},
    "tifffile": {"images"},
    "obstore": {"stores"},
    "onnx": {"tensors"},
    "napari": {"adapters"},
    "sklearn": {"adapters"},
    "torch": {"adapters"},
    "zarr": {"streaming"},
    "skimage": {"cli", "display", "stages", "statistics", "thresholds"},
}
"""Where a library may be imported, be it when it is first needed; NumPy alone may be everywhere.

SciPy comes with Numba and scikit-image."""

LOADED = {
    "convpipe": "",
    "convpipe.stages": "",
    "convpipe.plan": "",
    "convpipe.engine": "",
    "convpipe.conv": "",
    "convpipe.images": "",
    "convpipe.display": "",
    "convpipe.report": "",
    "convpipe.batch": "",
    "convpipe.arrays": "",
    "convpipe.compile.backend": "",
    "convpipe.config": "ruamel",
    "convpipe.pipeline": "ruamel",
    "convpipe.cli": "click",
    "convpipe.cli.run": "click",
    "convpipe.cli.tune": "click",
    "convpipe.tuner.session": "ruamel",
    "convpipe.compile.cpu.graphs": "llvmlite platformdirs",
    "convpipe.compile.cuda.kernels": "",
    "convpipe.compile.cuda.run": "llvmlite numba numba.cuda platformdirs scipy ssl",
}
"""The libraries that importing a module loads, and what of SciPy and the standard library is slow to load."""


def layer(path):
    return path.relative_to(ROOT).with_suffix("").parts[0]


def imports(path):
    """Every absolute module name that the file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module == "convpipe":
                yield from (f"convpipe.{alias.name}" for alias in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downward(path):
    here = layer(path)
    if here in ("__init__", "__main__"):
        return
    assert here in LAYERS, f"{here} has no place in the layers"
    for module in imports(path):
        top, _, rest = module.partition(".")
        if top == "convpipe" and (name := rest.partition(".")[0]) in LAYERS:
            assert LAYERS.index(name) <= LAYERS.index(here), f"{here} imports {name}"
        elif top not in {*sys.stdlib_module_names, "convpipe", "numpy"}:
            assert here in HOMES.get(top, ()), f"{here} imports {top}"


@pytest.mark.parametrize("path", [path for path in FILES if layer(path) == "compile"], ids=lambda p: p.name)
def test_the_compilers_rooms_know_only_what_lies_below(path):
    here = path.relative_to(ROOT / "compile").with_suffix("").parts[0]
    for module in imports(path):
        if module.startswith("convpipe.compile."):
            room = module.split(".")[2]
            assert room == here or room in ROOMS[here], f"{here} imports {room}"


@pytest.mark.parametrize("module", LOADED)
def test_importing_loads_only_what_is_declared(module):
    heavy = (*HOMES, "ssl", "numba.cuda", "scipy.fft", "scipy.linalg", "scipy.ndimage", "scipy.signal")
    program = f"import sys, {module}; print(*sorted(sys.modules.keys() & set({heavy})))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == LOADED[module].split()


CUDA = ROOT / "compile" / "cuda"


@pytest.mark.parametrize(
    "path", [path for path in FILES if CUDA not in path.parents], ids=lambda path: path.name
)
def test_only_compile_cuda_imports_cuda(path):
    """Elsewhere CUDA is reached through that package, and inside functions where it needs Numba."""
    tree = ast.parse(path.read_text())
    names = {
        f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    } | {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not [name for name in names if name.startswith(("numba.cuda", "numba_cuda"))]


def filter_names():
    from convpipe.stages import ANY_LABEL, families

    names = {name for methods in families().values() for name in methods} - {ANY_LABEL}
    # Words of Python, of expressions, of mathematics and of how rows are walked are no filters there.
    words = {"subtract", "distance", "mask", "channel", "premultiply"}
    words |= {"tile", "affine", "polar", "mean"}
    return names - {*dir(builtins), *FUNCTIONS, *words}


@pytest.mark.parametrize("path", [path for path in FILES if layer(path) == "compile"], ids=lambda p: p.name)
def test_emitters_know_no_filter(path):
    words = {node.id for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Name)}
    texts = {
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not filter_names() & (words | texts)

"""``convpipe info``."""

from __future__ import annotations

import ctypes
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from convpipe import __version__
from convpipe.cli.options import json_option, print_json
from convpipe.errors import BackendError

PACKAGES = ("numba", "numpy", "imagecodecs", "tifffile", "pillow", "tbb")

THREADING_LAYERS = {"tbb": "tbbpool", "omp": "omppool", "workqueue": "workqueue"}
"""Numba's threading layers in its order of preference, and the module of each."""


@click.command("info")
@click.option("--clear-cache", is_flag=True, help="Remove every compiled pipeline.")
@json_option
def command(clear_cache: bool, as_json: bool) -> None:
    """Show versions, cores, formats and the cache of compiled pipelines."""
    if clear_cache:
        from convpipe.compile import cache

        click.echo(f"removed {cache.clear()} compiled pipelines", err=as_json)
    data = _collect()
    if as_json:
        print_json(data)
        return
    for key, value in data.items():
        click.echo(f"{key:<10} {_line(value)}")


def _line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_line(entry)}" for name, entry in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)


def _collect() -> dict[str, Any]:
    from convpipe.images import FORMATS

    return {
        "convpipe": __version__,
        "python": platform.python_version(),
        "cores": cores(),
        "packages": {name: _version(name) for name in PACKAGES},
        "backends": {name: _backend(name) for name in ("cpu", "cuda")},
        "reads": list(FORMATS),
        "writes": [name for name, entry in FORMATS.items() if entry.holds],
        **_compiler(),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _backend(name: str) -> str:
    """Return 'available', or why the backend is not."""
    from convpipe.pipeline import Pipeline
    from convpipe.stages import stage

    try:
        Pipeline([stage("blur", "box", size=3)], backend=name)
    except BackendError as error:
        return f"unavailable ({error})"
    return "available"


def _threading_layers() -> list[str]:
    """Return those of Numba's threading layers whose libraries load here; it takes the first."""
    package = find_spec("numba")
    folders = [Path(folder) for folder in package.submodule_search_locations or ()] if package else []
    return [
        layer
        for layer, module in THREADING_LAYERS.items()
        if any(_loads(file) for folder in folders for file in folder.glob(f"np/ufunc/{module}.*"))
    ]


def _loads(library: Path) -> bool:
    try:
        ctypes.CDLL(str(library))
    except OSError:
        return False
    return True


def _compiler() -> dict[str, Any]:
    """Return what the compiler says of itself; a broken one must not keep the rest from being shown."""
    try:
        from convpipe.compile import cache, threads
    except Exception as error:
        return {"compiler": f"cannot be loaded: {error}", "threading": _threading_layers()}
    threads.preload_tbb()
    kept = cache.state()
    return {
        "threading": _threading_layers(),
        "processor": cache.processor(),
        "cache": {
            "directory": str(kept.directory),
            "pipelines": kept.entries,
            "bytes": kept.bytes,
            **({"problem": kept.problem} if kept.problem else {}),
        },
    }

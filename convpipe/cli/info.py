"""``convpipe info``."""

from __future__ import annotations

import os
import platform
from typing import Any

import click

from convpipe import __version__
from convpipe.cli.command import Command
from convpipe.cli.options import json_option, print_json
from convpipe.cli.streams import emit
from convpipe.compile.runtime import environment
from convpipe.errors import BackendError

FORK = "a process that forks after its first parallel loop loses the child; pip install tbb"
"""GNU OpenMP ends it: https://numba.readthedocs.io/en/stable/user/threading-layer.html"""

PACKAGES = ("numba", "numpy", "imagecodecs", "tifffile", "pillow", "tbb")


EXAMPLES = (
    ("convpipe info", "What is there"),
    ("convpipe info --clear-cache", "Remove compiled loops"),
)


@click.command("info", cls=Command, examples=EXAMPLES)
@click.option("--clear-cache", is_flag=True, help="Remove every compiled loop.")
@json_option
def command(clear_cache: bool, as_json: bool) -> None:
    """Show versions, cores, formats and the cache of compiled loops."""
    if clear_cache:
        from convpipe.compile.runtime import cache

        emit(f"removed {cache.clear()} compiled loops", err=as_json)
    data = _collect()
    if as_json:
        print_json(data)
        return
    for key, value in data.items():
        emit(f"{key:<10} {_line(value)}")


def _line(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_line(entry)}" for name, entry in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)


def _collect() -> dict[str, Any]:
    from convpipe.images import FORMATS

    return {
        "convpipe": __version__,
        "python": platform.python_version(),
        "cores": environment.cores(),
        "packages": versions(),
        "backends": {name: _backend(name) for name in ("cpu", "cuda")},
        "reads": list(FORMATS),
        "writes": [name for name, entry in FORMATS.items() if entry.holds],
        "threading": _threading(),
        **_compiler(),
    }


def versions() -> dict[str, str]:
    """Return the versions of the packages that decide what a result holds, without loading them."""
    return {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # slow to load

    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"


def _backend(name: str) -> str:
    """Return 'available', or why the backend is not."""
    from convpipe.pipeline import Pipeline
    from convpipe.stages import stage

    try:
        Pipeline([stage("blur", "box", size=3)], backend=name).engine.check()
    except BackendError as error:
        return f"unavailable ({error})"
    return "available"


def _threading() -> str:
    """Return the threading layer that loops will take, with what is to be known of it, or why none."""
    try:
        layer = environment.layer(os.environ.get("NUMBA_THREADING_LAYER", "default"))
    except BackendError as error:
        return f"unavailable ({error})"
    return layer if layer == "tbb" else f"{layer} ({FORK})"


def _compiler() -> dict[str, Any]:
    """Return what the compiler says of itself; a broken one must not keep the rest from being shown."""
    try:
        from convpipe.compile.runtime import cache, processor
    except Exception as error:
        return {"compiler": f"cannot be loaded: {error}"}
    kept = cache.state()
    return {
        "processor": processor.name(),
        "cache": {
            "directory": str(kept.directory),
            "loops": kept.entries,
            "bytes": kept.bytes,
            **({"problem": kept.problem} if kept.problem else {}),
        },
    }

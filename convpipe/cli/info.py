"""``convpipe info``."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import click

from convpipe.cli.options import json_option, print_json

PACKAGES = ("convpipe", "numba", "numpy", "imagecodecs", "tifffile", "pillow", "tbb")


@click.command("info")
@click.option("--clear-cache", is_flag=True, help="Remove every compiled pipeline.")
@json_option
def command(clear_cache: bool, as_json: bool) -> None:
    """Show versions, cores, formats and the cache of compiled pipelines."""
    from convpipe.compile import cache

    if clear_cache:
        click.echo(f"removed {cache.clear()} compiled pipelines", err=as_json)
    data = _collect()
    if as_json:
        print_json(data)
        return
    for key, value in data.items():
        text = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        click.echo(f"{key:<10} {text}")


def _collect() -> dict[str, Any]:
    from convpipe.compile import cache
    from convpipe.images import FORMATS

    kept = cache.state()
    return {
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "processor": cache.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "backends": "cpu",
        "reads": ", ".join(FORMATS),
        "writes": ", ".join(name for name, entry in FORMATS.items() if entry.holds),
        "cache": {
            "directory": str(kept.directory),
            "pipelines": kept.entries,
            "bytes": kept.bytes,
            **({"problem": kept.problem} if kept.problem else {}),
        },
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"

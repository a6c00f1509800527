"""``convpipe bench``."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray

from convpipe.cli.command import Command
from convpipe.cli.kinds import CONFIG, PATH, Count
from convpipe.cli.options import (
    ImageOptions,
    config_options,
    image_kind_options,
    json_option,
    print_json,
    rendered,
    together,
)
from convpipe.cli.streams import emit
from convpipe.cli.timing import copy_of, medians
from convpipe.dataclass import dataclass

if TYPE_CHECKING:
    from convpipe.paths import Location
    from convpipe.pipeline import Pipeline

DEFAULT = {"name": "blur, then sobel", "stages": [{"blur": "gaussian", "sigma": 1.0}, {"edge": "sobel"}]}
"""What is timed without a config."""


@dataclass(frozen=True)
class Measuring:
    """How a pipeline is timed: on so many threads (default: every core), so many times."""

    threads: int | None
    runs: int


GROUPS = {
    "The image": "--image --size --alpha --dtype",
    "How it is timed": "--threads --runs",
}

EXAMPLES = (
    ("convpipe bench", "This machine"),
    ("convpipe bench edges.yaml --size 2048x2048 --dtype uint16", "A config, on a made image"),
    ("convpipe bench edges.yaml --image photo.jpg --threads 1", "On an image of yours, one thread"),
)


@click.command("bench", cls=Command, groups=GROUPS, examples=EXAMPLES)
@click.argument("config", type=CONFIG, required=False)
@click.option("--image", type=PATH, help="Time on this image instead of a made one.")
@image_kind_options
@together(
    Measuring,
    "how",
    click.option("--threads", type=Count(1), metavar="N", help="Threads to run on; default: every core."),
    click.option(
        "--runs", type=Count(1), metavar="N", default=15, show_default=True, help="Timed runs of each."
    ),
)
@config_options
@json_option
def command(
    config: Location | None,
    image: Path | None,
    kind: ImageOptions,
    how: Measuring,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Time a pipeline against a copy of the same bytes.

    Runs and copies alternate, both on the same threads; medians are shown. A copy reads and writes what the
    image and the result hold, so no filter can be faster: its share of the run says how near to that
    the pipeline comes. Without CONFIG, a blur and an edge filter are timed, on 4096x4096.
    """
    from convpipe.compile.runtime.environment import cores
    from convpipe.config import from_dict, load
    from convpipe.pipeline import Pipeline

    size, alpha = kind.size, kind.alpha
    if image and size:
        raise click.UsageError("give --image or --size, not both")
    if overrides and not config:
        raise click.UsageError("--set needs a CONFIG to change")
    jobs = load(config, overrides) if config else [from_dict(DEFAULT)]
    pipelines = [Pipeline.from_job(job) for job in jobs]
    if alpha and not size:
        raise click.UsageError("--alpha goes with --size; files say themselves what is alpha")
    if image:
        pixels, alpha = _read(image)
    else:
        pixels = _made(size or (4096, 4096), kind.dtype)
    threads = how.threads or cores()
    found = [_measure(pipeline, pixels, alpha, threads, how.runs) for pipeline in pipelines]
    if as_json:
        print_json({"jobs": [asdict(timing) for timing in found]})
    else:
        _show(found, pixels, threads)


@dataclass(frozen=True)
class Timing:
    """What was measured of one pipeline.

    Parameters
    ----------
    name : str
    shape : tuple of int
    dtype : str
        Of the image.
    threads, runs : int
    milliseconds, copy_milliseconds : float
        Medians of a run, and of a copy of the same bytes.
    megapixels_per_second, gigabytes_per_second : float
        Pixels of the image; bytes of the image and of the result.
    copy_fraction : float
        The copy's time over the run's.
    compile_seconds : float or None
        None if the loop was compiled before.
    first_milliseconds : float
        The first run, with everything that is done once.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    threads: int
    runs: int
    milliseconds: float
    copy_milliseconds: float
    megapixels_per_second: float
    gigabytes_per_second: float
    copy_fraction: float
    compile_seconds: float | None
    first_milliseconds: float


def _measure(pipeline: Pipeline, image: NDArray[Any], alpha: bool, threads: int, runs: int) -> Timing:
    from convpipe.compile.runtime.cache import announced

    axis = None if image.ndim == 2 else -1

    def run_once() -> Any:
        return pipeline(image, threads=threads, channel_axis=axis, alpha=alpha)

    compiled: list[float] = []
    with announced(lambda: compiled.append(time.perf_counter())):
        began = time.perf_counter()
        result = run_once()
        ended = time.perf_counter()
    results = result.values() if isinstance(result, dict) else [result]
    nbytes = image.nbytes + sum(each.nbytes for each in results)
    run, copy = medians([run_once, copy_of(nbytes, threads)], runs=runs)
    return Timing(
        name=pipeline.name,
        shape=image.shape,
        dtype=image.dtype.name,
        threads=threads,
        runs=runs,
        milliseconds=run * 1e3,
        copy_milliseconds=copy * 1e3,
        megapixels_per_second=image.shape[0] * image.shape[1] / run / 1e6,
        gigabytes_per_second=nbytes / run / 1e9,
        copy_fraction=copy / run,
        compile_seconds=ended - compiled[0] if compiled else None,
        first_milliseconds=(ended - began) * 1e3,
    )


def _read(path: Path) -> tuple[NDArray[Any], bool]:
    """Return the image, and whether its last channel is alpha."""
    from convpipe import images
    from convpipe.errors import ReadError

    try:
        image = images.read(path)
    except ReadError as error:
        raise ReadError(f"{path}: {error}") from None
    return image.pixels, image.alpha


def _made(shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """Return noise over the whole range of `dtype`."""
    from convpipe.ops import dtype_range

    scale = dtype_range(dtype)
    noise = np.random.default_rng(0).random(shape, np.float32)
    return (scale.low + noise * (scale.high - scale.low)).astype(dtype)


def _show(found: list[Timing], image: NDArray[Any], threads: int) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from convpipe.report import printable

    extent = "x".join(map(str, image.shape))
    title = Text(f"{extent} {image.dtype}, {threads} thread{'s' if threads > 1 else ''}", "bold")
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_edge=False)
    table.add_column("pipeline")
    for heading in ("ms", "MP/s", "GB/s", "copy ms", "of copy speed", "compiled in"):
        table.add_column(heading, justify="right")
    for timing in found:
        compiled = timing.compile_seconds
        table.add_row(
            Text(printable(timing.name)),
            f"{timing.milliseconds:.3g}",
            f"{timing.megapixels_per_second:.4g}",
            f"{timing.gigabytes_per_second:.3g}",
            f"{timing.copy_milliseconds:.3g}",
            f"{timing.copy_fraction:.0%}",
            "before" if compiled is None else f"{compiled:.2f} s",
        )
    emit(rendered(lambda screen: screen.print(table)))

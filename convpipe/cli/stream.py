"""``convpipe stream``."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convpipe.cli.command import Command
from convpipe.cli.kinds import CONFIG, PLACE, Count, extent, nbytes
from convpipe.cli.options import check_order, complain, config_options, job_number, job_option, together
from convpipe.cli.saved import overwrite_option, saving
from convpipe.cli.streams import emit
from convpipe.dataclass import dataclass
from convpipe.errors import PlanError

if TYPE_CHECKING:
    from convpipe.config import Job
    from convpipe.paths import Location
    from convpipe.streaming import Options
    from convpipe.streaming.sources import Source


@dataclass(frozen=True)
class Described:
    """What is said of the image that its file does not.

    Parameters
    ----------
    plane : mapping of str to int
        Of an array of Zarr.
    shape : tuple of int, optional
        Of raw samples.
    dtype : str
    offset : int
    interleave : str
    """

    plane: Mapping[str, int]
    shape: tuple[int, ...] | None
    dtype: str
    offset: int
    interleave: str

    def source(self, path: Location) -> Source:
        """Return where rows come from."""
        from convpipe.streaming import Raw, Zarr

        if self.shape is not None:
            return Raw(path, self.shape, self.dtype, self.offset, self.interleave)  # type: ignore[arg-type]
        return Zarr(path, self.plane) if self.plane else path


@dataclass(frozen=True)
class Written:
    """How results are written.

    Parameters
    ----------
    pyramid : bool
    smallest, tile : int
    codec : str, optional
    compression : int, optional
    resume, overwrite : bool
    """

    pyramid: bool
    smallest: int
    tile: int
    codec: str | None
    compression: int | None
    resume: bool
    overwrite: bool

    def options(self, memory: int, threads: int) -> Options:
        """Return the options of streaming."""
        from convpipe.streaming import Options

        return Options(memory, threads, **vars(self))


@dataclass(frozen=True)
class Means:
    """Of what it is made, and with what.

    Parameters
    ----------
    chosen : str, optional
        The job.
    memory, threads : int, optional
    overrides : tuple of str
        Of values of the config.
    """

    chosen: str | None
    memory: int | None
    threads: int | None
    overrides: tuple[str, ...]


def _places(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, int]:
    """Return places by the names of their axes."""
    found = {}
    for value in values:
        name, _, place = value.partition("=")
        if not (name and place.isdecimal()):
            raise click.BadParameter(f"needs an axis and a place along it, as z=12; given {value!r}")
        found[name] = int(place)
    return found


GROUPS = {
    "The image": "--plane --size --dtype --offset --interleave",
    "The results": "--pyramid --smallest --tile --codec --compression --resume --overwrite",
    "What it does": "--job --memory --threads",
}

EXAMPLES = (
    (
        "convpipe stream edges.yaml slide.tif edges.tif --compression 6",
        "A slide",
    ),
    (
        "convpipe stream edges.yaml cells.zarr edges.ome.zarr --plane z=12 --pyramid --memory 300MB",
        "A plane of OME-Zarr, to all sizes of one, in little memory",
    ),
    (
        "convpipe stream edges.yaml scan.raw edges.npy --size 20000x30000 --dtype '>u2' --offset 512",
        "Samples that a file says nothing of",
    ),
)


@click.command("stream", cls=Command, groups=GROUPS, examples=EXAMPLES)
@click.argument("config", type=CONFIG)
@click.argument("image", type=PLACE)
@click.argument("target", type=PLACE)
@together(
    Described,
    "described",
    click.option(
        "--plane",
        multiple=True,
        callback=_places,
        metavar="AXIS=PLACE",
        help="The place along an axis of Zarr, from 0, as z=12; once for each.",
    ),
    click.option(
        "--size", "shape", type=extent, metavar="HxW[xC]", help="Extent of raw samples, which say nothing."
    ),
    click.option(
        "--dtype", default="uint8", show_default=True, metavar="DTYPE", help="Theirs, as <u2 or >f4."
    ),
    click.option("--offset", type=Count(0), default=0, metavar="N", help="Bytes before the first of them."),
    click.option(
        "--interleave",
        type=click.Choice(["pixel", "line", "band"]),
        default="pixel",
        show_default=True,
        help="How their channels lie.",
    ),
)
@together(
    Written,
    "written",
    click.option("--pyramid", is_flag=True, help="Write smaller sizes too, each half of the one before."),
    click.option(
        "--smallest",
        type=Count(1),
        default=256,
        show_default=True,
        metavar="N",
        help="Longest side of the last of them.",
    ),
    click.option(
        "--tile",
        type=Count(16),
        default=256,
        show_default=True,
        metavar="N",
        help="Side of a tile or chunk.",
    ),
    click.option(
        "--codec", type=click.Choice(["none", "deflate", "zstd", "lzw"]), help="What compresses them."
    ),
    click.option("--compression", type=Count(0, 22), metavar="N", help="Its level."),
    click.option("--resume", is_flag=True, help="Go on with a Zarr of which a run left a part."),
    overwrite_option,
)
@together(
    Means,
    "means",
    job_option,
    click.option(
        "--memory",
        type=nbytes,
        metavar="SIZE",
        help="Most that pixels may take, as 300MB; default: three quarters of the machine's.",
    ),
    click.option("--threads", type=Count(1), metavar="N", help="That work; default: one a core."),
    config_options,
)
def command(
    config: Location,
    image: Location,
    target: Location,
    described: Described,
    written: Written,
    means: Means,
) -> None:
    """Filter one image of any size, band by band.

    IMAGE is a TIFF, a PNG, a .npy file, a folder of Zarr or OME-Zarr, or raw samples (--size), here or at the
    URL of a store. TARGET ends in .tif, .png, .npy, .zarr, .raw, .bip, .bil or .bsq. Input and output of the
    config are not used; its limits hold. Of several results those beside the last are called TARGET with
    their name before its ending.
    """
    from convpipe.batch.budget import default_memory
    from convpipe.compile.runtime.environment import cores
    from convpipe.config import load
    from convpipe.pipeline import Pipeline
    from convpipe.report import byte_size, printable
    from convpipe.streaming import stream

    check_order(config, image)
    jobs = load(config, means.overrides)
    job = jobs[job_number(jobs, means.chosen)]
    _check(job)
    options = written.options(means.memory or default_memory(), means.threads or cores())
    targets = {name: _named(target, name) for name in job.outputs} | {"result": target}
    began = time.perf_counter()
    with saving(target), _about(image):
        there = ((each, _there(each)) for each in targets.values() if written.overwrite)
        replaced = [(each, what) for each, what in there if what is not None]
        engine = Pipeline.from_job(job, backend="cpu").engine
        streamed = stream(engine, described.source(image), targets, options, limits=job.limits)
    for path, what in replaced:
        emit(printable(f"replaced {path}, {what}"))
    bands = streamed.bands
    for note in (*bands.plan.notes, *streamed.notes, *streamed.losses.notes):
        complain(f"{image}: {note}", kind="warning")
    went_on = f", going on from row {bands.done}" if bands.done else ""
    many = f"{len(bands)} band{'s' if len(bands) > 1 else ''} of {bands.height} rows{went_on}"
    emit(f"{many}, {byte_size(bands.nbytes)} of pixels, {time.perf_counter() - began:.1f} s")


def _check(job: Job) -> None:
    """Refuse what is not of one image alone."""
    from convpipe.stack import reader_of

    if (reader := reader_of(job.stages)) is not None:
        raise PlanError(
            f"{reader.name} reads several pages of a stack; stream filters one image", reader.name
        )
    if job.mask is not None or job.measures:
        what = "masks" if job.mask is not None else "measures"
        raise PlanError(f"the job has {what}, which stream does not take; convpipe run does")


def _there(target: Location) -> str | None:
    """Say what is there under the name of a result, if anything is."""
    from convpipe.report import byte_size
    from convpipe.streaming.sinks.remote import size_there

    if not isinstance(target, Path):
        size = size_there(target)
    elif target.is_dir():
        return "a store of Zarr"
    else:
        size = target.stat().st_size if target.exists() else None
    return None if size is None else f"a file of {byte_size(size)}"


def _named(target: Location, name: str) -> Location:
    """Return where a result beside the last goes.

    >>> _named(Path("out/edges.ome.zarr"), "soft").name
    'edges.soft.ome.zarr'
    """
    ending = ".ome.zarr" if target.name.endswith(".ome.zarr") else target.suffix
    return target.parent / f"{target.name.removesuffix(ending)}.{name}{ending}"


@contextmanager
def _about(image: Location) -> Iterator[None]:
    """Have errors of reading name the image."""
    from convpipe.errors import ReadError
    from convpipe.paths import tried

    try:
        yield
    except ReadError as error:
        raise type(error)(
            f"{image}: {error}{'' if isinstance(image, Path) and image.exists() else tried(image)}"
        ) from None

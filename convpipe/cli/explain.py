"""``convpipe explain``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from numpy.typing import NDArray

from convpipe.cli.command import Command
from convpipe.cli.kinds import CONFIG, PATH, check_made
from convpipe.cli.options import (
    called,
    check_order,
    config_options,
    read_image,
    read_mask,
    size_option,
    stage_option,
    together,
)
from convpipe.cli.saved import overwrite_option, save
from convpipe.cli.sliding import Sliding, sliding_options
from convpipe.cli.streams import emit
from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError

if TYPE_CHECKING:
    from convpipe.explain.account import Account
    from convpipe.explain.pixel import Pixel
    from convpipe.explain.run import Run
    from convpipe.paths import Location
    from convpipe.plan import StagePlan


@dataclass(frozen=True)
class Place:
    """An output pixel.

    Parameters
    ----------
    at : (int, int)
        Row and column.
    chosen : str, optional
        Of which stage, by its number or name; default: the first with a window.
    channel : int
        Of the stage's output.
    size : tuple of int, optional
        Rows and columns, and channels, of an image that is made.
    """

    at: tuple[int, int]
    chosen: str | None
    channel: int
    size: tuple[int, ...] | None


@dataclass(frozen=True)
class Files:
    """What is written instead of text.

    Parameters
    ----------
    page, animate : Path, optional
    overwrite : bool
    """

    page: Path | None
    animate: Path | None
    overwrite: bool


def _named(*suffixes: str) -> Callable[[click.Context, click.Parameter, Path | None], Path | None]:
    """Return what refuses a file whose name does not say that it can be written."""

    def check(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
        if path is not None and path.suffix.lower() not in suffixes:
            raise click.BadParameter(
                f"needs a name that ends in {' or '.join(suffixes)}; given {str(path)!r}"
            )
        return path

    return check


GROUPS = {
    "Which pixel": "--at --stage --channel",
    "The image": "--size",
    "A kernel in the place of CONFIG": "--input --kernel --stride --padding --dilation --border --bias",
    "Files": "--page --animate --overwrite",
}

EXAMPLES = (
    ("convpipe explain edges.yaml photo.jpg --at 120 80", "A pixel of an image"),
    ("convpipe explain edges.yaml --stage 1 --at 0 0", "A corner, on a small made image"),
    (
        "convpipe explain edges.yaml photo.jpg --at 120 80 --page pixel.html",
        "As a page: of each number, what it is made of",
    ),
    (
        "convpipe explain --input 4x4 --kernel 2x2 --stride 3 --padding 1 --animate slide.html",
        "A kernel that slides, as a page with its steps (or as a .gif)",
    ),
)


@click.command("explain", cls=Command, groups=GROUPS, examples=EXAMPLES)
@click.argument("config", type=CONFIG, required=False)
@click.argument("image", type=PATH, required=False)
@together(
    Place,
    "place",
    size_option,
    click.option(
        "--at", nargs=2, type=click.IntRange(0), default=(0, 0), show_default=True, metavar="ROW COL"
    ),
    stage_option("Number or name; default: the first with a window."),
    click.option(
        "--channel",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        help="Channel of the stage's output.",
    ),
)
@sliding_options
@together(
    Files,
    "written",
    click.option(
        "--page",
        type=PATH,
        metavar="FILE",
        callback=_named(".html"),
        help="Write a page, on which numbers lead to those that they are made of.",
    ),
    click.option(
        "--animate",
        type=PATH,
        metavar="FILE",
        callback=_named(".gif", ".html"),
        help="Write the window sliding over its input: all of a small one, else around --at.",
    ),
    overwrite_option,
)
@config_options
def command(
    config: Location | None,
    image: Path | None,
    place: Place,
    sliding: Sliding,
    written: Files,
    overrides: tuple[str, ...],
) -> None:
    """Show the size of every stage, and the arithmetic of output pixel ROW COL of one stage.

    Without IMAGE, of an image (10x10, or of --size) whose pixel in row r, column c holds 10*r + c; without
    CONFIG, of a kernel over an --input. Numbers in brackets lie outside the image, and come of its border.
    """
    if image and place.size:
        raise click.UsageError("give IMAGE or --size, not both")
    if config and sliding.given:
        raise click.UsageError(f"give CONFIG or a kernel, not both: {', '.join(sliding.given)}")
    if config is None:
        _answer(_bare(sliding, place, overrides), place, written)
        return
    check_order(config, image)
    for run in _runs(config, image, place.size, overrides):
        _answer(run, place, written)


def _bare(sliding: Sliding, place: Place, overrides: tuple[str, ...]) -> Run:
    """Return the run of a kernel that is given by options."""
    from convpipe.explain.run import Run

    for given, name in ((place.size, "--size"), (overrides, "--set")):
        if given:
            raise click.UsageError(f"{name} goes with CONFIG; of a kernel alone --input is the image")
    return Run(sliding.pipeline(), sliding.pixels)


def _runs(
    config: Location, image: Path | None, size: tuple[int, ...] | None, overrides: tuple[str, ...]
) -> Iterator[Run]:
    """Give the jobs of a config over an image that is read, or over one that is numbered."""
    from convpipe.config import load
    from convpipe.explain.run import Run
    from convpipe.pipeline import Pipeline

    for job in load(config, overrides):
        pipeline = Pipeline.from_job(job)
        if image is None:
            yield Run(pipeline, _numbered(size or (10, 10)))
            continue
        read = read_image(image, job)
        run = Run(pipeline, read.pixels, read.alpha, read.metadata.nodata, read_mask(image, job))
        with called(image, job):
            yield run


def _answer(run: Run, place: Place, written: Files) -> None:
    """Show the sizes of all stages and the arithmetic of a pixel, or write what files were asked for."""
    from convpipe.cli.options import find_stage
    from convpipe.explain.pixel import Pixel

    stages = run.plan.stages
    files = {_page: written.page, _animated: written.animate}
    if not any(files.values()):
        _sizes(stages)
    found = _with_window(stages) if place.chosen is None else find_stage(stages, place.chosen)
    _check(place, found, run.plan.alpha)
    position = next(at for at, one in enumerate(stages) if one is found)
    pixel = Pixel(run, position, place.at, place.channel)
    for made, path in files.items():
        if path is not None:
            save(path, made(pixel, path), overwrite=written.overwrite)
    if not any(files.values()):
        _account(pixel)


def _sizes(stages: tuple[StagePlan, ...]) -> None:
    """Show where the size of every stage comes from."""
    from convpipe.explain.account import Account
    from convpipe.explain.stage import describe

    account = Account()
    for stage in stages:
        describe(stage, account)
    _show(account)


def _account(pixel: Pixel) -> None:
    """Show the arithmetic of a pixel."""
    from convpipe.explain.arithmetic import explain

    explain(pixel)
    emit()
    _show(pixel.account)


def _page(pixel: Pixel, path: Path) -> bytes:
    """Return the account of a pixel, and of what it is made of, as a page."""
    from convpipe.explain.pixel_page import pixel_page
    from convpipe.explain.story import story

    return pixel_page(story(pixel)).encode()


def _animated(pixel: Pixel, path: Path) -> bytes:
    """Return the window of a stage, sliding, as what the name of a file says."""
    from convpipe.explain.slide import slide

    found = slide(pixel.run, pixel.position, pixel.at, pixel.channel)
    if path.suffix.lower() == ".gif":
        from convpipe.explain.gif import animated

        return animated(found)
    from convpipe.explain.slide_page import slide_page

    return slide_page(found).encode()


def _check(place: Place, stage: StagePlan, alpha: bool) -> None:
    """Refuse a pixel that a stage's output does not have."""
    from convpipe.explain.pixel import channel_names

    rows, cols = stage.extent
    if place.at[0] >= rows or place.at[1] >= cols:
        raise ParameterError(f"--at needs a row below {rows} and a column below {cols}; given {place.at}")
    if place.channel >= stage.channels:
        known = ", ".join(f"{i} ({name})" for i, name in enumerate(channel_names(stage.channels, alpha)))
        raise ParameterError(f"--channel needs one of {known}; given {place.channel}")


def _show(account: Account) -> None:
    from convpipe.explain.text import lines

    for line in lines(account.parts):
        emit(line)


def _numbered(shape: tuple[int, ...]) -> NDArray[Any]:
    check_made(shape, "--size")
    rows, cols = (np.arange(extent).astype(np.uint8) for extent in shape[:2])
    plane = 10 * rows[:, None] + cols
    return plane if len(shape) == 2 else np.repeat(plane[..., None], shape[2], axis=2)


def _with_window(stages: tuple[StagePlan, ...]) -> StagePlan:
    """Return the first stage that looks at more than one pixel, or else the first."""
    own = [stage for stage in stages if stage.index is not None]
    return next((stage for stage in own if any(axis.kernel > 1 for axis in stage.axes)), own[0])

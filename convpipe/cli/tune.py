"""``convpipe tune``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convpipe.cli.command import Command
from convpipe.cli.kinds import OWN_CONFIG, PATH
from convpipe.cli.options import (
    called,
    check_order,
    job_number,
    job_option,
    plugins_option,
    read_image,
    read_mask,
)
from convpipe.cli.process import begin_loading, begin_work
from convpipe.cli.streams import emit, flush
from convpipe.errors import JobError

if TYPE_CHECKING:
    from convpipe.config import Job
    from convpipe.display import Shown

GROUPS = {
    "The page": "--no-browser --port",
    "The config": "--job",
}

EXAMPLES = (
    ("convpipe tune edges.yaml photo.jpg", "Open the page in the browser"),
    ("convpipe tune edges.yaml photos/*.jpg --no-browser", "Several images, and print the address alone"),
)


@click.command("tune", cls=Command, groups=GROUPS, examples=EXAMPLES)
@click.argument("config", type=OWN_CONFIG)
@click.argument("images", type=PATH, nargs=-1, required=True)
@job_option
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Of the server; default: one that is free."
)
@click.option("--no-browser", is_flag=True, help="Print the address, and open nothing.")
@plugins_option
def command(config: Path, images: tuple[Path, ...], chosen: str | None, port: int, no_browser: bool) -> None:
    """Tune a config on images, on a page of your own machine: sliders, and the picture that they make.

    The address is printed; nobody without it sees the page. Ctrl-C ends it. The file changes when it is saved
    there, and keeps its comments and its order.
    """
    from convpipe.config import load
    from convpipe.tuner.sample import Sample
    from convpipe.tuner.session import Session

    server = _server_class()
    check_order(config, images[0])
    jobs = load(config)
    number = job_number(jobs, chosen)
    job = jobs[number]
    samples = [Sample(str(path), partial(_shown, path, job), partial(called, path, job)) for path in images]
    begin_work()
    begin_loading(compiler=True)
    running = server(Session(config, samples, number), port)
    emit(running.address)
    flush()
    if not no_browser:
        import webbrowser

        webbrowser.open(running.address)
    running.run()


def _server_class() -> type:
    """Return the server, or say what it needs."""
    try:
        from convpipe.tuner.server import Server
    except ImportError as error:
        library = (error.name or "").partition(".")[0]
        if library not in ("starlette", "uvicorn"):
            raise
        raise JobError(f"tune needs {library}: pip install 'convpipe[tune]'") from None
    return Server


def _shown(path: Path, job: Job) -> Shown:
    """Read an image, and its mask, as a run of the job would."""
    from convpipe.display import Shown

    read = read_image(path, job)
    return Shown(read.pixels, read.alpha, read.metadata.nodata, read_mask(path, job))

"""Kinds of values that options and arguments take: what is given becomes what is meant, or is refused."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convpipe.cli.command import completing
from convpipe.errors import ParameterError
from convpipe.paths import from_home
from convpipe.stores import Url, is_url, redacted

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from convpipe.shards import Shard

MAX_SECONDS = 86_400


class PathType(click.Path):
    """A path; ``~`` is the home folder also where a shell leaves it, as in quotes and after ``=``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path; a URL is refused, which would be a path of strange folders, signature and all."""
        self.refuse_url(value, param, ctx)
        try:
            given = from_home(value) if isinstance(value, str) else value
        except ParameterError as error:
            self.fail(str(error), param, ctx)
        return super().convert(given, param, ctx)

    def refuse_url(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> None:
        """Refuse a URL."""
        if is_url(value):
            self.fail(f"{redacted(value)!r} is a URL; a path on a disk is needed here", param, ctx)


class PlaceType(PathType):
    """A path, or the URL of a store."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path or URL."""
        try:
            return Url.parse(value) if is_url(value) else super().convert(value, param, ctx)
        except ParameterError as error:
            self.fail(str(error), param, ctx)


PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".npy")
"""How names of images end, by which one in a config's place is told."""


def _takes_no_image(command: click.Command, parameter: click.Parameter | None) -> bool:
    """Tell whether an image in a config's place is no matter of order, which :func:`check_order` is for."""
    names = {one.name for one in command.params}
    return parameter is not None and parameter.name in ("config", "configs") and "image" not in names


class ConfigType(PlaceType):
    """A path or URL of a config; paths shells complete by their extension."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path or URL; what is plainly no config is refused with what to write."""
        given = redacted(os.fspath(value))
        if os.path.isdir(given):
            within = os.path.join(given, "NAME.yaml")
            self.fail(f"{given!r} is a folder; name a config in it, as {within!r}", param, ctx)
        if given.lower().endswith(PICTURES) and ctx is not None and _takes_no_image(ctx.command, param):
            self.fail(f"{given!r} has the name of an image; a config (.yaml) comes first", param, ctx)
        return super().convert(value, param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Return config files and folders."""
        return completing("configs")(ctx, param, incomplete)


class OwnConfigType(ConfigType):
    """A path of a config that is written to."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        self.refuse_url(value, param, ctx)
        return super().convert(value, param, ctx)


class Count(click.IntRange):
    """A whole number within bounds."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; errors say what is needed."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            bounds = f"of at least {self.min}" if self.max is None else f"from {self.min} to {self.max}"
            self.fail(f"needs a whole number {bounds}; given {value!r}", param, ctx)


PATH = PathType(path_type=Path)
PLACE = PlaceType(path_type=Path)
CONFIG = ConfigType(dir_okay=False, path_type=Path)
OWN_CONFIG = OwnConfigType(dir_okay=False, path_type=Path)
"""Of those that are written to."""


def pixel_type(value: str) -> str:
    """Return the name of a pixel dtype that convpipe computes with."""
    from convpipe.ops import COMPUTE

    if value not in COMPUTE:
        raise click.BadParameter(f"needs one of {', '.join(COMPUTE)}; given {value!r}")
    return value


def shard(value: str) -> Shard:
    """Return which of several runs this is."""
    from convpipe.shards import Shard

    try:
        return Shard.parse(value)
    except ParameterError as error:
        raise click.BadParameter(str(error)) from None


def duration(value: str) -> float:
    """Return the seconds that something may take."""
    try:
        seconds = float(value)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= MAX_SECONDS:
        raise click.BadParameter(f"needs a number of seconds, at most {MAX_SECONDS}; given {value!r}")
    return seconds


def nbytes(value: str) -> int:
    """Return an amount of memory: a number with a unit, decimal (GB, or G) or binary (GiB)."""
    found = re.fullmatch(
        r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+) *(?:([KMGT])(i?)B?|B)", value.strip(), re.IGNORECASE
    )
    if found is None or float(found[1]) <= 0:
        raise click.BadParameter(
            "needs an amount of memory with its unit, as 2GB or 512MiB (B, KB to TB, KiB to TiB); "
            f"given {value!r}"
        )
    base = 1024 if found[3] else 1000
    return max(1, int(float(found[1]) * base ** ("KMGT".index(found[2].upper()) + 1 if found[2] else 0)))


MOST_MADE = 1 << 26
"""Most samples of an image that is made."""


def extent(value: str) -> tuple[int, ...]:
    """Return HxW or HxWxC as (rows, cols) or (rows, cols, channels)."""
    if not re.fullmatch(r"[1-9][0-9]{0,8}(x[1-9][0-9]{0,8}){1,2}", value):
        raise click.BadParameter(
            f"needs rows x columns, such as 480x640 or 480x640x3, each from 1 to 999999999; given {value!r}"
        )
    return tuple(map(int, value.split("x")))


def check_made(shape: tuple[int, ...], option: str) -> None:
    """Refuse to make an image that is too large."""
    if math.prod(shape) > MOST_MADE:
        given = "x".join(map(str, shape))
        raise click.BadParameter(
            f"needs at most {MOST_MADE:,} samples in all; given {given}", param_hint=option
        )

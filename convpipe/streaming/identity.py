"""What decides the bytes of a streamed result: a run goes on with what another left that agrees in it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from convpipe import __version__
from convpipe.engine import Engine
from convpipe.images import digest_file
from convpipe.paths import located
from convpipe.stores import Url
from convpipe.streaming.options import Options
from convpipe.streaming.sources import Source


def identity_of(engine: Engine, source: Source, options: Options) -> str:
    """Return a hash of the version, the image, the stages and all options that show in a result.

    The content of the image counts, not its name; that of a folder with the names in it;
    of an object its version.

    Raises
    ------
    OSError
        The image cannot be read.
    """
    wiring = engine.wiring
    stages = [(each.method.family, each.label, each.parameters, each.common) for each in wiring.stages]
    wired = (stages, wiring.reads, wiring.outputs)
    pipeline = (wired, engine.border, engine.dtype, engine.missing, engine.scale)
    shown = (options.compression, options.codec, options.tile, options.pyramid, options.smallest)
    hash = hashlib.sha256(f"{__version__} {engine.backend} {np.__version__}".encode())
    for piece in _pieces((pipeline, shown, _content(source))):
        hash.update(piece)
    return hash.hexdigest()


def _content(source: Source) -> tuple[Any, ...]:
    """Return the hash of an image's content, and how it is read."""
    if isinstance(source, str | os.PathLike | Url):
        return (_digest(source),)
    said = {name: value for name, value in vars(source).items() if name != "path"}
    return _digest(source.path), said


def _digest(given: str | os.PathLike[str] | Url) -> Any:
    place = located(given if isinstance(given, str | Url) else Path(given))
    if isinstance(place, Url):
        from convpipe.stores.store import Store

        alone = Store(place.parent).look(place.name)
        if alone is not None:
            return alone.version
        return sorted((each.path, each.version) for each in Store(place).listed())
    if not place.is_dir():
        return digest_file(place)
    inside = sorted(Path(at, name) for at, _, names in os.walk(place) for name in names)
    return [(each.relative_to(place).as_posix(), digest_file(each)) for each in inside]


def _pieces(value: Any) -> Iterator[bytes]:
    """Yield what tells a value from others: of arrays all numbers, of what is not known how it is shown."""
    if isinstance(value, np.ndarray):
        yield f"array {value.dtype.str} {value.shape}".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif isinstance(value, Mapping):
        yield b"{"
        for key in sorted(value, key=str):
            yield from _pieces((key, value[key]))
        yield b"}"
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        yield b"("
        for each in value:
            yield from _pieces(each)
        yield b")"
    else:
        yield f"{type(value).__name__} {value!r},".encode()

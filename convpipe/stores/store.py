"""The objects below a URL: listed, read, and written, each whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import chain
from typing import Any, BinaryIO, NamedTuple, TypeVar, cast

from convpipe.stores.connect import connect, library
from convpipe.stores.failures import told
from convpipe.stores.url import Url

T = TypeVar("T")

TRIES, PAUSE_SECONDS = 4, 0.1
"""Of what breaks off in the middle of a body, which the client does not ask for again; waits double."""

LISTED_AT_ONCE = 16
"""Prefixes that are listed at the same time; a store lists a thousand keys in a request, one by one."""

PIECE = 8 << 20
"""Bytes that are taken at a time from an object that is read."""

IN_ONE = 256 << 20
"""Bytes of an object that one request writes; a larger one comes in parts, and is there with the last."""

Stamp = tuple[int, ...]


class Object(NamedTuple):
    """An object.

    Parameters
    ----------
    path : str
        Relative to the URL that it was found below.
    size : int
    stamp : tuple of int
        Its size, and what is another one of other content: of its ETag, version and time.
    condition : (str, value)
        What a request says so that it is answered for this version alone.
    """

    path: str
    size: int
    stamp: Stamp
    condition: tuple[str, Any]

    @property
    def version(self) -> str:
        """A hash, in hexadecimal, that another version does not have; it is not of the content."""
        return hashlib.sha256(repr((self.size, self.condition)).encode()).hexdigest()


class Store:
    """What lies below a URL.

    Calls may come from any thread. What fails for what may pass is tried again, with growing pauses.

    Parameters
    ----------
    url : Url

    Raises
    ------
    JobError
        What talks to stores is not installed.
    OSError
        A setting of the environment is wrong.
    """

    def __init__(self, url: Url) -> None:
        self.url = url
        self._client = library()
        with told(url):
            self._store, self._prefix = connect(url)
        self._signed = lru_cache(maxsize=8)(lambda path: connect(url / path)[0])

    def _at(self, path: str) -> tuple[Any, str]:
        """Return where an object is: of the web each that is signed has an address of its own."""
        if self.url.query:
            return self._signed(path), ""
        return self._store, "/".join(filter(None, (self._prefix, path)))

    def look(self, path: str) -> Object | None:
        """Return an object without its content; None where there is none.

        Raises
        ------
        OSError
            It cannot be told.
        """
        store, key = self._at(path)
        with told(self.url / path):
            try:
                return _object(path, self._client.head(store, key))
            except FileNotFoundError:
                return None

    def fetch(self, path: str, room: Callable[[int], BinaryIO]) -> tuple[Object, BinaryIO]:
        """Read an object, all of one version.

        Parameters
        ----------
        path : str
        room : callable
            Is given its size in bytes before any of it comes, and returns where to write it; it is called
            anew where the transfer breaks off.

        Returns
        -------
        Object
        file
            What `room` gave, at its end.

        Raises
        ------
        OSError
        """
        store, key = self._at(path)

        def fetched() -> tuple[Object, BinaryIO]:
            with told(self.url / path):
                answer = self._client.get(store, key)
                found = _object(path, answer.meta)
            file = room(found.size)
            try:
                with told(self.url / path):
                    count = sum(map(file.write, answer.stream(min_chunk_size=PIECE)))
                    if count != found.size:
                        raise OSError(errno.EIO, f"{count} of {found.size} bytes came ({self.url / path})")
            except BaseException:
                file.close()
                raise
            return found, file

        return _persistently(fetched)

    def digest(self, path: str) -> str:
        """Return the SHA-256 of the content of an object, in hexadecimal."""
        return cast(_Hash, self.fetch(path, lambda size: cast(BinaryIO, _Hash()))[1]).hash.hexdigest()

    def read(self, path: str) -> bytes:
        """Return the content of a short object."""
        store, key = self._at(path)

        def whole() -> bytes:
            with told(self.url / path):
                return bytes(self._client.get(store, key).bytes())

        return _persistently(whole)

    def read_range(self, path: str, begin: int, end: int) -> bytes:
        """Return the bytes of an object from `begin` to before `end`, as far as there are any."""
        store, key = self._at(path)

        def part() -> bytes:
            with told(self.url / path):
                return bytes(self._client.get_range(store, key, start=begin, end=end))

        return _persistently(part)

    def read_version(self, found: Object, begin: int, end: int) -> bytes:
        """Return the bytes of a version of an object from `begin` to before `end`, which it has.

        Raises
        ------
        OSError
            Also where it was changed (ESTALE), or its server has no ranges (ENOTSUP).
        """
        store, key = self._at(found.path)
        options = {"range": (begin, end), found.condition[0]: found.condition[1]}

        def part() -> bytes:
            with told(self.url / found.path):
                data = bytes(self._client.get(store, key, options=options).bytes())
                if len(data) != end - begin:
                    raise OSError(errno.EIO, f"{len(data)} of {end - begin} bytes came")
                return data

        return _persistently(part)

    def write(self, path: str, pieces: Iterable[Any], size: int, *, new: bool) -> None:
        """Write an object, which is there when all of it is, and not before.

        Parameters
        ----------
        path : str
        pieces : iterable of bytes-like
            Iterated over again where it has to be written again.
        size : int
            Bytes of all of them.
        new : bool
            Leave an object alone that is there, which one of more than 256 MiB is looked for before the last
            part alone.

        Raises
        ------
        FileExistsError
            There is another one, and `new`. One of the very same bytes may be this, whose answer was lost.
        OSError
        """
        store, key = self._at(path)

        def at_once() -> None:
            content = b"".join(_counted(pieces, size))
            try:
                with told(self.url / path):
                    mode = "create" if new else "overwrite"
                    self._client.put(store, key, content, mode=mode, use_multipart=False)
            except OSError as error:
                if not new or not self._is(path, [content], size):
                    raise error

        def in_parts() -> None:
            if new and self.look(path) is not None:
                if not self._is(path, pieces, size):
                    raise FileExistsError(errno.EEXIST, f"{os.strerror(errno.EEXIST)}: {self.url / path}")
                return
            with told(self.url / path):
                self._client.put(store, key, _counted(pieces, size), chunk_size=PIECE)

        _persistently(at_once if size <= IN_ONE else in_parts)

    def holds(self, path: str, size: int, digest: str | None) -> bool:
        """Tell whether there is an object of this size and content."""
        found = self.look(path)
        return found is not None and found.size == size and self.digest(path) == digest

    def _is(self, path: str, pieces: Iterable[Any], size: int) -> bool:
        """Tell whether an object has this content."""
        whole = _Hash()
        for piece in pieces:
            whole.write(piece)
        return self.holds(path, size, whole.hash.hexdigest())

    def listed(self, *, deep: bool = True) -> Iterator[Object]:
        """Yield the objects below the URL, in no order: several prefixes are listed at a time.

        Parameters
        ----------
        deep : bool
            Whether those below further prefixes, too.

        Raises
        ------
        OSError
        """
        prefix = f"{self._prefix}/" if self._prefix else ""
        with ThreadPoolExecutor(LISTED_AT_ONCE) as pool:
            left, level = [prefix], 0
            while left and (len(left) < LISTED_AT_ONCE or not deep) and level < (3 if deep else 1):
                answers = list(pool.map(self._level, left))
                yield from self._below(prefix, chain.from_iterable(found for found, _ in answers))
                left, level = [each for _, inner in answers for each in inner], level + 1
            for found in pool.map(self._whole, left if deep else []):
                yield from self._below(prefix, found)

    def _level(self, prefix: str) -> tuple[list[Any], list[str]]:
        """Return the objects right below a prefix, and the prefixes there."""

        def listed() -> tuple[list[Any], list[str]]:
            with told(self.url):
                found = self._client.list_with_delimiter(self._store, prefix or None)
                return list(found["objects"]), [f"{each}/" for each in found["common_prefixes"]]

        return _persistently(listed)

    def _whole(self, prefix: str) -> list[Any]:
        """Return all objects below a prefix."""

        def listed() -> list[Any]:
            with told(self.url):
                return list(chain.from_iterable(self._client.list(self._store, prefix or None)))

        return _persistently(listed)

    def _below(self, prefix: str, found: Iterable[Any]) -> Iterator[Object]:
        """Yield what was found relative to the URL, but for the objects that stand for folders."""
        for meta in found:
            path = meta["path"].removeprefix(prefix)
            if (path and path != meta["path"]) or not prefix:
                yield _object(path, meta)


def _counted(pieces: Iterable[Any], size: int) -> Iterator[Any]:
    """Yield content; that of another size ends in an error, so that what is not whole is never written."""
    count = 0
    for piece in pieces:
        count += len(memoryview(piece))
        yield piece
    if count != size:
        raise OSError(errno.EINVAL, f"{count} bytes are to be written, and not {size}")


class _Hash:
    """Takes content as a file does, and keeps its hash alone."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()

    def write(self, content: Any) -> int:
        self.hash.update(content)
        return len(memoryview(content))

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _object(path: str, meta: Any) -> Object:
    etag, changed = meta["e_tag"], meta["last_modified"]
    said = f"{etag} {meta['version']} {changed}".encode()
    stamp = meta["size"], int.from_bytes(hashlib.sha256(said).digest()[:8])
    strong = etag is not None and not etag.startswith("W/")  # which is of these very bytes
    return Object(
        path, meta["size"], stamp, ("if_match", etag) if strong else ("if_unmodified_since", changed)
    )


def _persistently(act: Callable[[], T]) -> T:
    """Return what an act gives; one that fails by what may pass is done again, a few times."""
    for turn in range(1, TRIES):
        try:
            return act()
        except OSError as error:
            if error.errno != errno.EIO:  # it would fail again
                raise
            time.sleep(PAUSE_SECONDS * 2**turn)
    return act()

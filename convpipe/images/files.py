"""The pages of an image, each to a file of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from convpipe.images.encoded import Encoded
from convpipe.images.folder import Folder
from convpipe.images.metadata.model import Metadata
from convpipe.images.metadata.raster import Description
from convpipe.images.output import Encoding, ImageSpec
from convpipe.images.source import Page
from convpipe.images.spool import Spool
from convpipe.images.write import PageEncoder


class FilesEncoder:
    """Encodes the images that are handed to it as a file each, as :class:`PageEncoder` does as one.

    Parameters
    ----------
    encoding : Encoding
    pages : int
        How many come.
    nbytes : int, optional
        Bytes of all the pixels, roughly; above 64 MiB what is encoded is kept in a nameless file.
    folder : Folder, optional
        Where that is made.

    Examples
    --------
    >>> import numpy as np
    >>> with FilesEncoder(Encoding("bmp"), pages=2) as encoder:
    ...     for value in (1, 2):
    ...         encoder.add(Page(np.full((2, 3), value, np.uint8)))
    ...     [b"".join(each.pieces)[:2] for each in encoder.finish_all()]
    [b'BM', b'BM']
    """

    def __init__(
        self, encoding: Encoding, *, pages: int, nbytes: int = 0, folder: Folder | None = None
    ) -> None:
        self._encoding, self._pages = encoding, pages
        self._spool: Spool | None = Spool(nbytes, folder)
        self._done: list[Encoded] = []
        self._apart = Apart(pages)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool, self._done = None, []

    def check(self, spec: ImageSpec) -> None:
        """Refuse an image that its file cannot hold; as :meth:`PageEncoder.check`."""
        PageEncoder(self._encoding, pages=1).check(spec)

    def add(self, page: Page) -> None:
        """Encode the next page, which is as for :func:`convpipe.images.encode`.

        Raises
        ------
        WriteError
            The format cannot hold it, or the disk is full.
        """
        notes: list[str] = []
        with PageEncoder(self._encoding, pages=1) as encoder:
            encoder.add(page._replace(metadata=self._apart.metadata(page.metadata, notes)))
            encoded = encoder.finish()
        assert self._spool is not None
        self._done.append(Encoded(self._spool.put(encoded.pieces), (*notes, *encoded.notes)))

    def finish_all(self) -> list[Encoded]:
        """Return the content of each file."""
        return self._done


class Apart:
    """What is said of each page of a stack where it is an image of its own.

    Parameters
    ----------
    pages : int
        How many come.
    """

    def __init__(self, pages: int) -> None:
        self._pages, self._number = pages, 0
        self._told: tuple[Description, ...] = ()
        self._told_at = 0

    def metadata(self, given: Metadata, notes: list[str]) -> Metadata:
        """Return that of the next page, with what the stack's description, which came with the first, says.

        Parameters
        ----------
        given : Metadata
            As the page was read.
        notes : list of str
            Told what is not true of the page.
        """
        number, self._number = self._number, self._number + 1
        if given.descriptions:
            self._told, self._told_at = given.descriptions, number
        if self._pages == 1 or not self._told:
            return given
        whole = replace(given, descriptions=self._told)
        return whole.of_pages([number - self._told_at], self._told[0].page, notes)

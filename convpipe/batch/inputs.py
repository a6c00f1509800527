"""Where the images of a run lie, and how they are opened."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Protocol

from convpipe import images
from convpipe.images import Folder, OpenFile


class Inputs(Protocol):
    """Opens files at paths relative to it; from any thread."""

    def open(self, relative: Path) -> OpenFile:
        """Open a file to be read.

        Raises
        ------
        ReadError
            It is no regular file.
        OSError
            Anything else; :class:`~convpipe.images.OutsideError` where it leads out.
        """

    def names(self, folder: Path) -> list[str]:
        """Return the names in a folder; none of one that is not there.

        Raises
        ------
        OSError
            It cannot be listed.
        """

    def folder(self, relative: Path) -> Path | None:
        """Return the path of a folder that is an image; None where there are no folders."""

    def close(self) -> None:
        """Let go of it."""


class FolderInputs:
    """A folder, opened once: a link in it counts as long as it stays within.

    Parameters
    ----------
    folder : Folder
        Closed together with this.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def close(self) -> None:
        """Let go of the folder."""
        self._folder.close()

    def open(self, relative: Path) -> OpenFile:
        """Open a file below the folder."""
        return OpenFile(self._folder.path / relative, self._folder.open_file(relative))

    def folder(self, relative: Path) -> Path | None:
        """Return the path of a folder below this one."""
        return self._folder.path / relative

    def names(self, folder: Path) -> list[str]:
        """Return the names in a folder below this one."""
        with suppress(FileNotFoundError), self._folder.below(folder) as place:
            return place.names()
        return []


class NamedInput:
    """The folder of one image, which may be a link to anywhere: it was named.

    Parameters
    ----------
    root : Path
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def close(self) -> None:
        """Do nothing: nothing is held."""

    def open(self, relative: Path) -> OpenFile:
        """Open the image."""
        return images.open_file(self._root / relative)

    def folder(self, relative: Path) -> Path | None:
        """Return the path of the image, where that is a folder."""
        return self._root / relative

    def names(self, folder: Path) -> list[str]:
        """Return none: the others there are not meant."""
        return []

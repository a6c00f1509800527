"""What a report was made by: command, folder, time, versions."""

from __future__ import annotations

import os
import platform
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Self

from convpipe import __version__
from convpipe.dataclass import dataclass

PACKAGES = ("numba", "numpy", "imagecodecs", "isal", "tifffile", "pillow", "scikit-image")


@dataclass(frozen=True)
class Origin:
    """What a run was.

    Parameters
    ----------
    command : str
        As it is typed into a shell.
    folder : str
        From which relative paths are taken.
    ended : str
        When, in UTC.
    versions : tuple of (name, version)
    """

    command: str
    folder: str
    ended: str
    versions: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, arguments: Sequence[str]) -> Self:
        """Return that of this process.

        Parameters
        ----------
        arguments : sequence of str
            Of the command ``convpipe``.

        Examples
        --------
        >>> Origin.of(["run", "a b.yaml"]).command
        "convpipe run 'a b.yaml'"
        """
        packages = tuple((name, _version(name)) for name in PACKAGES)
        system = (("python", platform.python_version()), ("system", platform.platform()))
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(
            shlex.join(["convpipe", *arguments]),
            os.getcwd(),
            now,
            (("convpipe", __version__), *packages, *system),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "command": self.command,
            "folder": self.folder,
            "ended": self.ended,
            "versions": dict(self.versions),
        }


def _version(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # slow to load

    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"

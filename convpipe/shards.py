"""Which images of a folder one of several runs filters: each is of one shard, whoever asks."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from convpipe.errors import ParameterError

MOST = 1_000_000
"""Shards of a job."""


@dataclass(frozen=True, order=True)
class Shard:
    """One of the equal parts that a folder job is divided into, by a hash of the images' names.

    Parameters
    ----------
    index : int
        From 0.
    count : int
        How many shards there are.

    Examples
    --------
    >>> shard = Shard.parse("1/4")
    >>> str(shard), shard.label, shard.takes(Path("a.png")), shard.takes(Path("b/b.png"))
    ('1/4', '1-of-4', False, True)
    """

    index: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard that a text names.

        Raises
        ------
        ParameterError
            If it is none.
        """
        found = re.fullmatch(r"([0-9]{1,7})/([0-9]{1,7})", text.strip())
        if found is None:
            raise ParameterError(f"needs I/N, as 0/4 for the first of four shards; given {text!r}")
        index, count = map(int, found.groups())
        if not 1 <= count <= MOST:
            raise ParameterError(f"needs a number of shards from 1 to {MOST}; given {text!r}")
        if index >= count:
            raise ParameterError(f"needs a shard from 0 to {count - 1}, as there are {count}; given {text!r}")
        return cls(index, count)

    @classmethod
    def labelled(cls, text: str) -> Shard | None:
        """Return the shard whose :attr:`label` a text is; None where it is that of none.

        Examples
        --------
        >>> Shard.labelled("1-of-4"), Shard.labelled("4-of-4"), Shard.labelled("01-of-4")
        (Shard(index=1, count=4), None, None)
        """
        with suppress(ParameterError):
            shard = cls.parse(text.replace("-of-", "/"))
            return shard if shard.label == text else None
        return None

    @classmethod
    def of(cls, relative: Path, count: int) -> Shard:
        """Return the one of so many that an image is of, by its path relative to the input folder.

        The Unicode form of the name says nothing, as one folder may have it otherwise on another machine.
        """
        name = unicodedata.normalize("NFC", relative.as_posix())
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
        return cls(int.from_bytes(digest[:8], "big") % count, count)

    def takes(self, relative: Path) -> bool:
        """Tell whether an image is of this shard."""
        return Shard.of(relative, self.count) == self

    @property
    def label(self) -> str:
        """What names of files have of it."""
        return f"{self.index}-of-{self.count}"

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"

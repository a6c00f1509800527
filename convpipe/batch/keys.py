"""Names of very many files, told apart in little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np


class Keys:
    """Texts of which a hash of 8 bytes each is kept; what may be among them is looked for in all.

    Parameters
    ----------
    texts : callable
        Returns them, each time anew.

    Examples
    --------
    >>> keys = Keys(lambda: iter(["a", "b"]))
    >>> "b" in keys, "c" in keys, keys.may_repeat
    (True, False, False)
    >>> Keys(lambda: iter(["a", "a"])).may_repeat
    True
    """

    def __init__(self, texts: Callable[[], Iterable[str]]) -> None:
        self._texts = texts
        self._hashes = np.sort(np.fromiter(map(hash, texts()), np.int64))

    @property
    def may_repeat(self) -> bool:
        """Whether two texts may be the same: those of equal hashes hardly ever are not."""
        return bool((self._hashes[1:] == self._hashes[:-1]).any())

    def __contains__(self, text: str) -> bool:
        at = int(np.searchsorted(self._hashes, hash(text)))
        known = at < len(self._hashes) and self._hashes[at] == hash(text)
        return bool(known) and any(text == other for other in self._texts())

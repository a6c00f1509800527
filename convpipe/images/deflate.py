"""What is deflated by ISA-L: the same bytes for the same bytes, on one kind of processor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


def deflater(level: int, window_bits: int) -> Any:
    """Return what deflates one piece after the other, as that of `zlib.compressobj` does.

    ``isal_zlib.compress`` takes all at once. But what it makes of a few dozen bytes depends on where the
    stack of its thread lies: isal 1.9 found other repeats on one of seventy stacks.
    """
    from isal import isal_zlib

    return isal_zlib.compressobj(level, wbits=window_bits)


def deflated(pieces: Iterable[bytes | np.ndarray], level: int, window_bits: int) -> list[bytes]:
    """Return the zlib stream of pieces, in pieces.

    Examples
    --------
    >>> import zlib
    >>> zlib.decompress(b"".join(deflated([b"sharp", b"en"], 1, 9)))
    b'sharpen'
    """
    deflate = deflater(level, window_bits)
    return [*map(deflate.compress, pieces), deflate.flush()]

"""A picture as a small file."""

from __future__ import annotations

from convpipe.display.picture import Picture
from convpipe.images import Encoding, encode

KINDS = (Encoding("png", compression=9), Encoding("jpeg", quality=82))
"""Drawings and masks are smaller, and exact, in the first; photographs in the second."""


def encoded(picture: Picture) -> tuple[str, bytes]:
    """Return the kind and the content of the smaller file of a picture: ``png`` or ``jpeg``.

    Examples
    --------
    >>> import numpy as np
    >>> from convpipe.display import Values, picture
    >>> encoded(picture(Values(np.eye(40, dtype="uint8") * 255, "uint8")))[0]
    'png'
    """
    files = [(str(how.format), b"".join(map(bytes, encode(picture.pixels, how).pieces))) for how in KINDS]
    return min(files, key=lambda file: len(file[1]))

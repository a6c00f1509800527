"""Text that is safe to show."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""Return `text` with control characters and bytes that are no UTF-8 escaped.

    Examples
    --------
    >>> printable("a\nb\x1b[31m\udcff")
    'a\\nb\\x1b[31m\\xff'
    """
    shown = []
    for character in text:
        if character.isprintable():
            shown.append(character)
        elif 0xDC80 <= ord(character) <= 0xDCFF:  # a byte that os.fsdecode could not decode
            shown.append(f"\\x{ord(character) - 0xDC00:02x}")
        else:
            shown.append(character.encode("unicode_escape").decode())
    return "".join(shown)


def extent(size: tuple[int, int]) -> str:
    """Return rows x columns.

    Examples
    --------
    >>> extent((480, 640))
    '480x640'
    """
    return f"{size[0]}x{size[1]}"

"""HTML as values: text is escaped where it becomes part of an element, so none can be forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from convpipe.errors import printable

VOID = ("img", "input", "meta")
"""Elements that have no content."""


class Markup(str):
    """HTML, as opposed to text that is to be escaped."""

    __slots__ = ()


Child = str | Markup | None


def tag(
    name: str, /, *children: Child | Iterable[Child], **attributes: str | int | float | bool | None
) -> Markup:
    r"""Return an element.

    Parameters
    ----------
    name : str
    *children : str, Markup, None, or iterables of them
        Text is escaped, with control characters in it; None is nothing.
    **attributes
        Underscores become hyphens, but for one at the end of a word of Python; None and False leave an
        attribute out, and True gives it no value.

    Examples
    --------
    >>> tag("p", "a < b ", tag("b", "c"), class_="wide", data_at=3, hidden=True)
    '<p class="wide" data-at="3" hidden>a &lt; b <b>c</b></p>'
    >>> tag("img", alt='"\n')
    '<img alt="&quot;\\n">'
    """
    given = "".join(
        f" {_name(key)}" if value is True else f' {_name(key)}="{_escaped(str(value))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID:
        return Markup(f"<{name}{given}>")
    return Markup(f"<{name}{given}>{joined(*children)}</{name}>")


def joined(*children: Child | Iterable[Child]) -> Markup:
    """Return children one behind the other.

    Examples
    --------
    >>> joined("<", None, [tag("i", "a"), "b"])
    '&lt;<i>a</i>b'
    """
    return Markup("".join(map(_html, children)))


def lines(text: str) -> Markup:
    r"""Return text whose lines stay lines.

    Examples
    --------
    >>> lines("a: <1>\nb\t2")
    'a: &lt;1&gt;\nb\\t2'
    """
    return Markup("\n".join(map(_escaped, text.splitlines())))


def _html(child: Child | Iterable[Child]) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    return _escaped(child) if isinstance(child, str) else joined(*child)


def _escaped(text: str) -> str:
    return escape(printable(text))


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")

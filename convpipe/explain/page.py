"""What the pages of pixels and of sliding windows share."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from convpipe.drawing.markup import Child, Markup, joined, tag
from convpipe.drawing.sealed import as_script, sealed


def page(title: str, parts: list[Markup], data: Any, name: str) -> str:
    """Return a page that asks for nothing beyond itself.

    Parameters
    ----------
    title : str
    parts : list of Markup
        Its header, main part and footer.
    data : object
        For the script, as JSON.
    name : str
        Of its style and script, beside those that all pages have: ``slide`` of slide.css and slide.js.
    """
    style = _asset("base.css") + _asset(f"{name}.css")
    script = _asset("grid.js") + _asset(f"{name}.js")
    return sealed(title, joined(*parts, as_script(data)), style, script)


def _asset(name: str) -> str:
    return files("convpipe.explain").joinpath("web", name).read_text("utf-8")


def header(title: str, below: str) -> Markup:
    """Return the title and what stands below it."""
    return tag("header", tag("h1", title), tag("p", below, class_="muted"))


def footer(*said: Child) -> Markup:
    """Return how the page is used, and what made it."""
    from convpipe import __version__

    return tag("footer", *said, f" The numbers are those that convpipe {__version__} computes.")


def key(name: str) -> Markup:
    """Return a key of the keyboard."""
    return tag("kbd", name)

"""What sections of the page are made of: tables, facts, what is opened, and causes that are counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from convpipe.drawing.markup import Child, Markup, tag
from convpipe.report.text import number

MOST_CAUSES, MOST_LISTED = 100, 200
"""Causes that are told, and names that are listed of one; the rest is in report.json."""


def section(title: str, *children: Child | Iterable[Child], name: str) -> Markup:
    """Return a part of a job below its title; `name` is a class."""
    return tag("section", tag("h3", title), *children, class_=name)


def table(
    headings: Sequence[str], rows: Sequence[Sequence[Child]], caption: str, numbers: Sequence[int] = ()
) -> Markup:
    """Return a table; columns of `numbers` are set to the right."""
    kinds = ["number" if at in numbers else None for at in range(len(headings))]
    head = [tag("th", each, scope="col", class_=kind) for each, kind in zip(headings, kinds, strict=True)]
    body = [
        tag("tr", [tag("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True)])
        for row in rows
    ]
    made = tag(
        "table",
        tag("caption", caption, class_="hidden"),
        tag("thead", tag("tr", head)),
        tag("tbody", body),
    )
    return tag("div", made, class_="scroll", tabindex=0, role="region", aria_label=caption)


def facts(pairs: Iterable[tuple[str, Child]]) -> Markup:
    """Return names with what they are."""
    return tag(
        "dl", [tag("div", tag("dt", name), tag("dd", said)) for name, said in pairs if said is not None]
    )


def opened(title: str, *children: Child | Iterable[Child], open_: bool = False) -> Markup:
    """Return what shows when its title is opened."""
    return tag("details", tag("summary", title), *children, open=open_)


def causes(pairs: Iterable[tuple[str, str]], noun: str = "image") -> list[Markup]:
    """Return what happened to images, each cause once with those it happened to, the commonest first.

    Parameters
    ----------
    pairs : iterable of (path, cause)
    noun : str
    """
    found: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    others = 0
    for path, cause in pairs:
        if cause not in found and len(found) == MOST_CAUSES:
            others += 1
            continue
        counts[cause] = counts.get(cause, 0) + 1
        if len(named := found.setdefault(cause, [])) < MOST_LISTED:
            named.append(path)
    order = sorted(found, key=lambda cause: -counts[cause])
    made = [_cause(cause, counts[cause], found[cause], noun) for cause in order]
    if others:
        made.append(tag("p", f"and {number(others, noun)} for other reasons, in report.json", class_="quiet"))
    return made


def _cause(cause: str, count: int, paths: Sequence[str], noun: str) -> Markup:
    left = count - len(paths)
    rest = tag("p", f"and {number(left, noun)} more, in report.json", class_="quiet") if left else None
    title = tag("summary", tag("span", str(count), class_="count"), " ", tag("span", cause))
    return tag("details", title, tag("ul", [tag("li", path) for path in paths]), rest, class_="cause")

"""What sections of the page are made of: tables, facts, what is opened, and causes that are counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from convpipe.report.page.markup import Child, Markup, tag
from convpipe.report.text import number

MOST_LISTED = 200
"""Names that are listed of one cause; the rest is in report.json."""


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
    for path, cause in pairs:
        counts[cause] = counts.get(cause, 0) + 1
        if len(named := found.setdefault(cause, [])) < MOST_LISTED:
            named.append(path)
    made = []
    for cause in sorted(found, key=lambda each: -counts[each]):
        left = counts[cause] - len(found[cause])
        names = [tag("li", path) for path in found[cause]]
        rest = tag("p", f"and {number(left, noun)} more, in report.json", class_="quiet") if left else None
        count = tag("span", str(counts[cause]), class_="count")
        title = tag("summary", count, " ", tag("span", cause))
        made.append(tag("details", title, tag("ul", names), rest, class_="cause"))
    return made

"""A page in one file that lets nothing in: its style, script and data, and no way to anything else."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from typing import Any

from convpipe.drawing.markup import Markup, tag


def sealed(title: str, body: Markup, style: str, script: str) -> str:
    """Return an HTML page whose policy allows its very style and script, and pictures that it holds.

    Parameters
    ----------
    title : str
    body : Markup
    style, script : str
        Of which neither comes from a user.

    Examples
    --------
    >>> page = sealed("a < b", tag("p", "c"), "p { margin: 0 }", "let a;")
    >>> page[:15], "<title>a &lt; b</title>" in page, page.count("sha256-")
    ('<!doctype html>', True, 2)
    """
    policy = (
        f"default-src 'none'; img-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("title", title),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("style", Markup(style)),
    )
    whole = tag("html", head, tag("body", body, tag("script", Markup(script))), lang="en")
    return f"<!doctype html>\n{whole}\n"


def as_script(data: Any) -> Markup:
    r"""Return data as JSON that is part of a page; nothing in it can end the element.

    Examples
    --------
    >>> as_script(["</script>", "\udcff"])
    '<script type="application/json" id="data">["\\u003c/script>","\\udcff"]</script>'
    """
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return Markup(f'<script type="application/json" id="data">{text}</script>')


def _hash(content: str) -> str:
    """Return what allows this very style or script, and no other."""
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"

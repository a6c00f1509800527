"""Pages that hold all they need: markup, style, script and data in one file, and no way to anything else."""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

_PAGE = Template("""\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>$style</style>
</head>
<body>
$body
<script type="application/json" id="data">$data</script>
<script>$script</script>
</body>
</html>
""")


def page(title: str, body: str, data: Any, *, styles: tuple[str, ...], scripts: tuple[str, ...]) -> str:
    """Return an HTML page that asks for nothing beyond itself.

    Its policy allows the very style and script that it holds, by their digests, and pictures that it holds.

    Parameters
    ----------
    title, body : str
        Markup: whatever a user gave is escaped.
    data : object
        For the scripts, as JSON.
    styles, scripts : tuple of str
        Names of files beside this module, in ``web``.
    """
    style, script = ("".join(map(asset, names)) for names in (styles, scripts))
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return _PAGE.substitute(
        policy=policy, title=title, style=style, body=body, data=embedded(data), script=script
    )


def asset(name: str) -> str:
    """Return a file of the pages."""
    return files("convpipe.explain").joinpath("web", name).read_text("utf-8")


def release() -> str:
    """Return the version that makes the page, as markup."""
    from convpipe import __version__

    return escape(__version__)


def embedded(data: Any) -> str:
    r"""Return data as JSON that ends no element and begins no comment.

    Examples
    --------
    >>> embedded({"name": "</script><!-- x"})
    '{"name":"\\u003c/script>\\u003c!-- x"}'
    """
    return json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _digest(text: str) -> str:
    """Return the source expression of a text for a content security policy."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"

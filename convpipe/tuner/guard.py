"""Who may talk to a server on this machine: the page that its address was given to, and nobody else.

Any page of any site can send requests to 127.0.0.1. So a request has to know a random token, which stands in
the address that is printed and then in a cookie that no other site sends along; to call the server by its own
name, as no name that a stranger has pointed at it does; and to come from the server's own page.

Browsers keep cookies by host and path, not by port. So the page lies at a random path, which is that of the
cookie, too: another server of this machine is sent the cookie by no page whose path it can choose.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ]
)
"""What a page may load: what this server has, and nothing else."""

HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
"""Of every reply."""


class Guard:
    """Lets through the requests of the page, and answers others itself.

    Parameters
    ----------
    app : callable
        An ASGI application.
    port : int
        Of the server.
    token : str, optional
        Default: a random one.
    """

    def __init__(self, app: App, port: int, token: str | None = None) -> None:
        self._app, self.token = app, token or secrets.token_urlsafe(24)
        self.place = f"/{secrets.token_urlsafe(24)}/"
        self._hosts = {f"{name}:{port}" for name in ("127.0.0.1", "localhost")}
        self.cookie = f"convpipe-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        refused = self._refused(scope, headers)
        if refused is not None:
            await _answer(send, *refused)
        elif scope["path"] == "/" and scope["query_string"]:
            # From now on the cookie says it: the address in the browser's history does not.
            cookie = f"{self.cookie}={self.token}; Path={self.place}; HttpOnly; SameSite=Strict"
            await _answer(send, 303, "", {"location": self.place, "set-cookie": cookie})
        else:
            below = "/" + scope["path"].removeprefix(self.place)
            await self._app({**scope, "path": below}, receive, _with_headers(send))

    def _refused(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        """Return status and text of the refusal of a request; None of one that is the page's."""
        if headers.get("host", "").lower() not in self._hosts:
            return 400, "this server has another name"
        origin = headers.get("origin")
        if origin is not None and origin.removeprefix("http://").lower() not in self._hosts:
            return 403, "another page asks"
        if origin is None and scope["method"] not in ("GET", "HEAD"):
            return 403, "a change has to say which page asks"
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "another site asks"
        if not self._knows(scope, headers):
            return 403, "the token is missing or wrong: open the address that the command printed"
        return None

    def _knows(self, scope: Scope, headers: dict[str, str]) -> bool:
        if scope["path"] == "/":
            given = parse_qs(scope["query_string"].decode("latin-1")).get("token", [])
        else:  # other servers of this machine may have set cookies of that name, too
            pairs = (each.strip().partition("=") for each in headers.get("cookie", "").split(";"))
            given = [value for name, _, value in pairs if name == self.cookie]
        known = [secrets.compare_digest(each.encode(), self.token.encode()) for each in given]
        return any(known) and (scope["path"] == "/" or scope["path"].startswith(self.place))


def _with_headers(send: Send) -> Send:
    async def sent(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            own = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
            message = {**message, "headers": [*message.get("headers", []), *own]}
        await send(message)

    return sent


async def _answer(send: Send, status: int, text: str, headers: dict[str, str] | None = None) -> None:
    body = f"{text}\n".encode() if text else b""
    given = {**HEADERS, "content-type": "text/plain; charset=utf-8", "content-length": str(len(body))}
    pairs = [(name.encode(), value.encode()) for name, value in {**given, **(headers or {})}.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})

"""The server of the page: on this machine alone, for who has its address."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from convpipe.errors import ConvpipeError, JobError
from convpipe.tuner.controls import catalogue
from convpipe.tuner.desk import Desk, StaleError
from convpipe.tuner.guard import Guard
from convpipe.tuner.session import ChangedError, Session

HOST = "127.0.0.1"

MOST_BYTES = 1 << 20
"""Largest request."""

_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

Answer = Callable[[Request], Awaitable[Response]]


class _Json(JSONResponse):
    """JSON of ASCII: names of files may be no text, and their bytes are no UTF-8 either."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, allow_nan=False).encode()


def application(session: Session) -> Starlette:
    """Return what answers the requests of the page, with no regard to who sends them: see :class:`Guard`."""
    desk = Desk(session)

    async def run(do: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(desk.worker, do, *given)

    def answered(do: Callable[..., Any]) -> Answer:
        """Return what answers a POST with what `do` makes of its JSON."""

        async def answer(request: Request) -> Response:
            asked = await _asked(request)
            if isinstance(asked, Response):
                return asked
            desk.ask(asked)
            return await _made(run(do, asked))

        return answer

    def told(do: Callable[[], Any]) -> Answer:
        """Return what answers a GET."""

        async def answer(request: Request) -> Response:
            return await _made(run(do))

        return answer

    async def activity(request: Request) -> Response:
        return _Json({"doing": desk.doing})

    return Starlette(
        routes=[
            Route("/", _page("index.html")),
            *(Route(f"/{name}", _page(name)) for name in _files()),
            Route("/api/state", told(desk.state)),
            Route("/api/catalogue", told(catalogue)),
            Route("/api/python", told(desk.python)),
            Route("/api/activity", activity),
            Route("/api/change", answered(desk.change), methods=["POST"]),
            Route("/api/picture", answered(desk.picture), methods=["POST"]),
            Route("/api/histogram", answered(desk.histogram), methods=["POST"]),
            Route("/api/values", answered(desk.values), methods=["POST"]),
            Route("/api/time", answered(desk.time), methods=["POST"]),
        ]
    )


async def _asked(request: Request) -> dict[str, Any] | Response:
    """Return the JSON of a request, or the refusal of what is none."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BYTES:
            return _refusal(413, "the request is too large")
    try:
        asked = json.loads(body)
    except (ValueError, RecursionError):
        return _refusal(400, "the request is no JSON")
    return asked if isinstance(asked, dict) else _refusal(400, "the request is no JSON object")


async def _made(made: Awaitable[Any]) -> Response:
    """Return what was made, or why it was not: an answer like others, of which no browser complains."""
    try:
        found = await made
    except ConvpipeError as error:
        kinds = {StaleError: "stale", ChangedError: "changed"}
        found = {"error": str(error), "kind": kinds.get(type(error), "refused")}
    if isinstance(found, bytes):
        return Response(found, media_type="application/octet-stream")
    return _Json(found)


def _refusal(status: int, message: str) -> Response:
    return _Json({"error": message}, status)


def _files() -> list[str]:
    """Return the names of the page's files."""
    folder = resources.files("convpipe.tuner") / "page"
    return sorted(each.name for each in folder.iterdir() if each.name.endswith(tuple(_TYPES)))


def _page(name: str) -> Answer:
    async def answer(request: Request) -> Response:
        data = (resources.files("convpipe.tuner") / "page" / name).read_bytes()
        kind = next(kind for ending, kind in _TYPES.items() if name.endswith(ending))
        return Response(data, media_type=kind)

    return answer


class Server:
    """A server that listens; its `address` opens the page.

    Parameters
    ----------
    session : Session
    port : int
        0 takes one that is free.

    Raises
    ------
    JobError
        If the port cannot be had.
    """

    def __init__(self, session: Session, port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((HOST, port))
            self._socket.listen()
        except OSError as error:
            self._socket.close()
            raise JobError(f"port {port} cannot be had: {error.strerror}") from None
        self.port: int = self._socket.getsockname()[1]
        self.guard = Guard(application(session), self.port)
        config = uvicorn.Config(
            self.guard, lifespan="off", log_level="critical", timeout_graceful_shutdown=1, server_header=False
        )
        self._server = uvicorn.Server(config)

    @property
    def address(self) -> str:
        """Where the page is, for whom the token is given to."""
        return f"http://{HOST}:{self.port}/?token={self.guard.token}"

    def run(self) -> None:
        """Answer requests until a signal, or :meth:`stop`, ends it."""
        self._server.run(sockets=[self._socket])

    def stop(self) -> None:
        """End :meth:`run`, called on another thread."""
        self._server.should_exit = True

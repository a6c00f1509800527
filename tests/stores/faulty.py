"""A server in front of a store that does to some requests what networks and busy servers do."""

import http.client
import itertools
import socket
import struct
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RESET = struct.pack("ii", 1, 0)
"""Linger for no time: a socket that is closed so is a connection reset."""


class Faults:
    """What happens to which request, by their numbers; what was asked, and how many bytes were answered.

    Faults: "busy", 503 and nothing done; "reset", the connection broken and nothing done; "lost", done and
    the connection broken; "cut", done and the answer broken off in its middle; or a float, seconds to wait.

    Parameters
    ----------
    choose : callable
        Gets the number of a request, from 0, its method and its path; returns a fault or None.
    """

    def __init__(self, choose=lambda number, method, path: None):
        self.choose, self.numbers, self.asked, self.done = choose, itertools.count(), [], []
        self.answered = []

    def of(self, method, path):
        fault = self.choose(next(self.numbers), method, path)
        self.asked.append((method, path))
        if fault is not None:
            self.done.append(fault)
        return fault


class Handler(BaseHTTPRequestHandler):
    """Asks the server behind what it is asked, and answers as that does, but for faults."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def request_headers(self, headers):
        """Return the headers by which the server behind is asked."""
        return headers

    def response_headers(self, headers):
        """Return the headers of the answer, given those of the server behind."""
        return headers

    def log_message(self, *_):
        pass

    def _forward(self):
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.server.faults.of(self.command, self.path)
        if fault == "busy":
            return self._answer(503, {}, b"<Error><Code>SlowDown</Code></Error>")
        if fault == "reset":
            return self._break()
        if isinstance(fault, float):
            time.sleep(fault)
        status, headers, answer = self._ask(content)
        if fault == "lost":
            return self._break()
        if self.command == "GET":
            self.server.faults.answered.append((self.path, len(answer)))
        return self._answer(status, headers, answer, cut=fault == "cut" and len(answer) > 1)

    def _ask(self, content):
        headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
        headers = self.request_headers(headers)
        local = self.server.local
        for _ in range(2):  # a connection that was kept may have been closed
            if not hasattr(local, "upstream"):
                local.upstream = http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=30)
            try:
                local.upstream.request(self.command, self.path, content, headers)
                answer = local.upstream.getresponse()
                return answer.status, self.response_headers(dict(answer.getheaders())), answer.read()
            except (http.client.HTTPException, ConnectionError):
                local.upstream.close()
                del local.upstream
        raise ConnectionError("no answer from behind")

    def _answer(self, status, headers, content, *, cut=False):
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        told = headers.get("Content-Length") or headers.get("content-length")
        self.send_header("Content-Length", told if self.command == "HEAD" and told else str(len(content)))
        self.end_headers()
        if cut:
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            return self._break()
        if self.command != "HEAD":
            self.wfile.write(content)
        return None

    def _break(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        self.connection.shutdown(socket.SHUT_RD)
        self.close_connection = True

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _forward  # noqa: N815 - as the server calls them


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, upstream, faults, handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.upstream, self.faults, self.local = upstream, faults, threading.local()

    def handle_error(self, request, client_address):
        pass  # whoever asked is gone


@contextmanager
def faulty(upstream, faults, handler=Handler):
    """Serve what a port of this machine serves, with faults; yield the URL."""
    server = _Server(upstream, faults, handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

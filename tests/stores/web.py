"""A server of files that answers as it is told to."""

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *arguments, status, **options):
        self.status = status
        super().__init__(*arguments, **options)

    def log_message(self, *_):
        pass

    def send_head(self):
        if self.status == 200:
            return super().send_head()
        self.send_response(self.status)
        text = f"no {self.path}".encode()
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        return None


@contextmanager
def served(folder, status=200):
    """Serve the files of a folder on this machine; yield the URL."""
    handler = partial(_Handler, directory=str(folder), status=status)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()

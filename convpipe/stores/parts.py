"""Lines that are appended in a store: objects, as nothing can be appended to one.

The last part is written anew as it grows, and once it is long a next one begins. So a million lines are some
hundred objects, and at every moment all of them are complete.
"""

from __future__ import annotations

import threading

from convpipe.stores.store import Store

PART_BYTES = 1 << 19
"""After so many a next part begins: no more are written again for the sake of one line."""


class Parts:
    """Lines, written to a store once in a while by a thread of their own: whoever adds one does not wait.

    After the first failure nothing is written any more.

    Parameters
    ----------
    store : Store
    run : str
        Below which name of it.
    head : bytes
        What every part begins with.
    seconds : float
        From one writing to the next.

    Attributes
    ----------
    failed : str or None
        Why what was added is not there.
    """

    def __init__(self, store: Store, run: str, head: bytes, seconds: float) -> None:
        self.failed: str | None = None
        self._store, self._run, self._head, self._seconds = store, run, head, seconds
        self._text, self._number = bytearray(head), 0
        self._waiting: dict[str, bytes] = {}
        self._changed, self._guard, self._sending = True, threading.Lock(), threading.Lock()
        self._closing = threading.Event()
        self._sender = threading.Thread(target=self._send_always, name="convpipe-parts", daemon=True)

    def begin(self) -> None:
        """Write the first part, and go on to write what follows once in a while."""
        self.send()
        if self.failed is None:
            self._sender.start()

    def add(self, line: bytes) -> tuple[str, int]:
        """Take a line, from any thread; return the name of its part, and where it begins there."""
        with self._guard:
            place = self._part, len(self._text)
            self._text += line
            self._changed = True
            if len(self._text) >= PART_BYTES:
                self._waiting[self._part] = bytes(self._text)
                self._text, self._number = bytearray(self._head), self._number + 1
            return place

    def held(self, name: str) -> bytes | None:
        """Return a part that is not all in the store yet."""
        with self._guard:
            return bytes(self._text) if name == self._part else self._waiting.get(name)

    def send(self) -> None:
        """Write the parts that have changed."""
        with self._sending:
            with self._guard:
                parts = dict(self._waiting)
                if self._text != self._head or not self._number:
                    parts[self._part] = bytes(self._text)
                changed, self._changed = self._changed, False
            if not changed or self.failed is not None:
                return
            try:
                for name, text in parts.items():
                    self._store.write(name, [text], len(text), new=False)
            except OSError as error:
                self.failed = error.strerror or str(error)
            with self._guard:
                for name in parts.keys() & self._waiting.keys():
                    del self._waiting[name]

    def close(self) -> None:
        """Write the last lines."""
        self._closing.set()
        if self._sender.ident is not None:
            self._sender.join()
            self.send()

    @property
    def _part(self) -> str:
        return f"{self._run}/{self._number:05}.jsonl"

    def _send_always(self) -> None:
        while not self._closing.wait(self._seconds):
            self.send()

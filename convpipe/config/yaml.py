"""YAML 1.2 to a tree.

ruamel.yaml parses the text to events; here they become values under the core schema of YAML 1.2 (so
``no`` is text and ``1e3`` is a number). Nothing is composed before it is counted: the caps on size, depth
and expanded aliases hold while the text is read, and tags are refused before anything could act on them.
"""

from __future__ import annotations

import os
import re
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from ruamel.yaml.reader import ReaderError

from convpipe.config.problems import Problems
from convpipe.config.syntax import slip
from convpipe.config.tree import BROKEN, MOST_DEPTH, Entry, Mark, Node, Source
from convpipe.dataclass import dataclass
from convpipe.errors import ConfigError
from convpipe.paths import Location, irregular, open_at_once, tried
from convpipe.stores import Url

MOST_BYTES, MOST_NODES = 1 << 18, 20_000
"""Largest config, in bytes and in values with aliases expanded: room for a 127x127 kernel.

Within them the worst text found takes the parser half a second (one tag that fills the file).
"""

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
_LONGEST_NUMBER = 400
_WORDS = {"": None, "null": None, "~": None, "Null": None, "NULL": None} | {
    word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")
}
# Of YAML 1.2, which unlike 1.1 takes no other character for the end of a line.
_LINE_END = re.compile(r"\r\n|[\r\n]")


def read(path: Location | str, problems: Problems | None = None) -> Node:
    """Parse a config file, or an object of a store, as :func:`parse` does.

    Raises
    ------
    ConfigError
        If it cannot be read, is too large, or is not one YAML document.
    """
    name = str(path)
    try:
        with _fetched(path) if isinstance(path, Url) else _opened(path) as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = str(error.strerror if isinstance(error, OSError) else error).removesuffix(f": {name}")
        raise ConfigError(f"cannot be read: {reason}{tried(path)}", name) from None
    if len(data) > MOST_BYTES:
        raise ConfigError(f"larger than {MOST_BYTES} bytes; that is no config", name)
    data = data.removeprefix(BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        source = Source(name, _lines(data.decode(errors="replace")))
        raise _mark_at(source, before, len(before)).error("not UTF-8 text, so no config") from None
    return parse(text, Source(name, _lines(text)), problems)


def _opened(path: Path | str) -> BinaryIO:
    """Open a config: a regular file, or what the caller opened, as a shell does for ``<(...)``.

    A named pipe would be waited for, and a device may have no end.
    """
    full = os.path.abspath(path)
    if full == "/dev/stdin" or os.path.dirname(full) in ("/dev/fd", "/proc/self/fd"):
        return open(path, "rb")
    descriptor = open_at_once(path)
    if reason := irregular(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(reason)
    return os.fdopen(descriptor, "rb")


def _fetched(url: Url) -> BinaryIO:
    """Return the content of an object, if it can be a config."""
    from convpipe.stores.store import Store

    def room(size: int) -> BinaryIO:
        if size > MOST_BYTES:
            raise ValueError(f"larger than {MOST_BYTES} bytes; that is no config")
        return BytesIO()

    _, file = Store(url.parent).fetch(url.name, room)
    file.seek(0)
    return file


def read_text(text: str, name: str, problems: Problems | None = None) -> Node:
    """Parse a config given as text, as :func:`read` does a file; `name` stands for it in errors."""
    if len(text.encode(errors="surrogatepass")) > MOST_BYTES:
        raise ConfigError(f"larger than {MOST_BYTES} bytes; that is no config", name)
    return parse(text, Source(name, _lines(text)), problems)


def parse(text: str, source: Source, problems: Problems | None = None) -> Node:
    """Parse YAML `text`; errors point into `source`.

    What is wrong with single values is added to `problems`, or raised where there are none given.

    Raises
    ------
    ConfigError
        If it is not one YAML document, or passes a cap; with what was wrong before that.

    Examples
    --------
    >>> parse("{sigma: 1e1, name: no}", Source("<text>")).plain()
    {'sigma': 10.0, 'name': 'no'}
    """
    found = Problems() if problems is None else problems
    try:
        node = _built(text, source, found)
    except ConfigError as error:
        raise ConfigError.together([*found.found, error]) from None
    if problems is None:
        found.settle()
    return node


def _built(text: str, source: Source, problems: Problems) -> Node:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    try:
        return _Builder(source, yaml.parse(text), problems).document()
    except MarkedYAMLError as error:
        raise _syntax_error(source, error) from None
    except ReaderError as error:
        mark = _mark_at(source, text, error.position)
        raise mark.error(
            f"not YAML: the character U+{ord(text[error.position]):04X} is not allowed"
        ) from None
    except YAMLError as error:
        raise Mark(source).error(f"not YAML: {error}") from None
    except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        # ConfigError is a ValueError, and says it better; the rest is ruamel stumbling over odd text.
        if isinstance(error, ConfigError):
            raise
        raise Mark(source).error(f"not YAML: {type(error).__name__} while parsing") from None


def _lines(text: str) -> tuple[str, ...]:
    return tuple(_LINE_END.split(text))


def _mark_at(source: Source, text: str, position: int) -> Mark:
    before = _LINE_END.split(text[:position])
    return Mark(source, len(before), len(before[-1]) + 1)


def _syntax_error(source: Source, error: MarkedYAMLError) -> ConfigError:
    found = slip(error, source.lines or ("",))
    if found is None:
        return Mark(source).error(f"not YAML: {error.problem or error.context}")
    return Mark(source, found.line, found.column).error(found.message)


@dataclass
class _Builder:
    """Builds the tree of one document from parser events, counting as it goes.

    `anchors` holds what ``*name`` stands for, and None while that is still being read.
    """

    source: Source
    events: Iterator[Any]
    problems: Problems
    anchors: dict[str, Node | None] = field(default_factory=dict)
    count: int = 0

    def document(self) -> Node:
        """Return the one document of the stream."""
        self._skip(StreamStartEvent)
        event = next(self.events)
        if isinstance(event, StreamEndEvent):
            raise Mark(self.source).error("empty; a config needs at least stages")
        assert isinstance(event, DocumentStartEvent)
        root = self._node(next(self.events), 0)
        self._skip(DocumentEndEvent)
        event = next(self.events)
        if not isinstance(event, StreamEndEvent):
            raise self._mark(event).error("a second document; one file holds one")
        return root

    def _skip(self, kind: type) -> None:
        event = next(self.events)
        assert isinstance(event, kind)

    def _mark(self, event: Any) -> Mark:
        return Mark(self.source, event.start_mark.line + 1, event.start_mark.column + 1)

    def _node(self, event: Any, depth: int) -> Node:
        mark = self._mark(event)
        if isinstance(event, AliasEvent):
            return self._alias(event.anchor, mark, depth)
        self._spend(1, depth, mark)
        if event.ctag is not None:
            tag = f"{event.ctag.handle or ''}{event.ctag.suffix}"
            self.problems.add(
                mark.error(f"the tag {tag!r} is not supported; write plain values, text in quotes")
            )
        if event.anchor:
            self.anchors[event.anchor] = None
        if isinstance(event, ScalarEvent):
            node = Node(self._scalar(event, mark), mark)
        elif isinstance(event, SequenceStartEvent):
            node = Node(self._items(depth), mark)
        else:
            node = Node(self._entries(depth), mark)
        if event.anchor:
            self.anchors[event.anchor] = node
        return node

    def _items(self, depth: int) -> list[Node]:
        items = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return items

    def _entries(self, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            mark = self._mark(event)
            if not isinstance(event, ScalarEvent):
                raise mark.error("a key must be a word")
            self._node(event, depth + 1)
            key = str(event.value)
            event = next(self.events)
            node = self._node(event, depth + 1)
            if key in entries:
                first = entries[key].mark
                self.problems.add(
                    mark.error(f"duplicate key {key!r}; it stands in line {first.line} already")
                )
                continue
            if isinstance(event, ScalarEvent) and event.start_mark.index == event.end_mark.index:
                # Left out: the parser has it begin where the next thing does.
                node = Node(None, mark)
            entries[key] = Entry(node, mark)
        return entries

    def _alias(self, name: str, mark: Mark, depth: int) -> Node:
        if name not in self.anchors:
            self.problems.add(
                mark.error(
                    f"the alias *{name} has no anchor &{name} before it; text that begins with * needs quotes"
                )
            )
            return Node(BROKEN, mark)
        node = self.anchors[name]
        if node is None:
            self.problems.add(mark.error(f"the alias *{name} stands inside what it names"))
            return Node(BROKEN, mark)
        size, height = _measure(node)
        self._spend(size, depth + height, mark)
        return node

    def _scalar(self, event: ScalarEvent, mark: Mark) -> Any:
        with self.problems.gathered():
            return _scalar(event, mark)
        return BROKEN

    def _spend(self, size: int, depth: int, mark: Mark) -> None:
        self.count += size
        if self.count > MOST_NODES:
            raise mark.error(f"more than {MOST_NODES} values, aliases expanded; a config needs far fewer")
        if depth > MOST_DEPTH:
            raise mark.error(f"nested more than {MOST_DEPTH} deep")


def _measure(node: Node) -> tuple[int, int]:
    """Return the number of values in `node`, itself included, and how many levels lie below it."""
    if isinstance(node.value, dict):
        below = [_measure(entry.node) for entry in node.value.values()]
    elif isinstance(node.value, list):
        below = [_measure(item) for item in node.value]
    else:
        return 1, 0
    return 1 + sum(size for size, _ in below), 1 + max((height for _, height in below), default=0)


def _scalar(event: ScalarEvent, mark: Mark) -> Any:
    text = str(event.value)
    if "${" in text:
        raise mark.error("${...} is not supported; give the value with --set")
    if event.style is not None:  # quoted, or a block of text
        return text
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _LONGEST_NUMBER:
        return text
    if _LEADING_ZERO.fullmatch(text):
        raise mark.error(f"{text} is ambiguous: write it without leading zeros, as 0o... or in quotes")
    if _INT.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if match := _NOT_FINITE.fullmatch(text):
        return float("nan") if match[3] else float(f"{match[1]}inf")
    return text

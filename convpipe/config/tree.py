"""YAML 1.2 as a tree whose every key and value knows its line and column.

ruamel.yaml parses the text to nodes; here they become plain values under the core schema of YAML 1.2 (so
``no`` is text and ``1e3`` is a number), with caps on size, depth and alias expansion, and with duplicate
keys, tags and second documents refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from convpipe.errors import ConfigError

MOST_BYTES, MOST_NODES, MOST_DEPTH = 1 << 20, 20_000, 50

_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"([-+]?)\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
_WORDS = {"": None, "null": None, "~": None, "Null": None, "NULL": None} | {
    word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")
}
_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null", "map", "seq")}


@dataclass(frozen=True)
class Source:
    """The text a node came from: a file, or the value of an option."""

    path: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mark:
    """A position in a source, counted from 1."""

    source: Source
    line: int | None = None
    column: int | None = None

    def error(self, message: str) -> ConfigError:
        """Return the error that points here."""
        if self.line is None:
            return ConfigError(message, self.source.path)
        return ConfigError(message, self.source.path, self.line, self.column, self._snippet())

    def _snippet(self) -> str:
        if self.line is None or self.column is None or self.line > len(self.source.lines):
            return ""
        text = self.source.lines[self.line - 1]
        # A very long line is cut around the position.
        start = max(0, self.column - 60)
        shown = "".join(c if c.isprintable() else " " for c in text[start : start + 100])
        number = f"{self.line} | "
        return f"  {number}{shown}\n  {' ' * (len(number) + self.column - 1 - start)}^"


@dataclass
class Node:
    """A value with its position; `value` is a scalar, a list of nodes or a dict of entries."""

    value: Any
    mark: Mark

    def plain(self) -> Any:
        """Return the value without positions."""
        if isinstance(self.value, dict):
            return {key: entry.node.plain() for key, entry in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def kind(self) -> str:
        """Return what it is, for a person."""
        if isinstance(self.value, dict):
            return "a mapping"
        if isinstance(self.value, list):
            return "a list"
        return "nothing" if self.value is None else repr(self.value)


@dataclass
class Entry:
    """A value of a mapping, with the position of its key."""

    node: Node
    mark: Mark


@dataclass
class _Builder:
    source: Source
    count: int = field(default=0)

    def mark(self, position: Any) -> Mark:
        return Mark(self.source, position.line + 1, position.column + 1)

    def build(self, node: Any, depth: int = 0) -> Node:
        mark = self.mark(node.start_mark)
        self.count += 1
        if self.count > MOST_NODES:
            raise mark.error(f"more than {MOST_NODES} values, aliases expanded; a config needs far fewer")
        if depth > MOST_DEPTH:
            raise mark.error(f"nested more than {MOST_DEPTH} deep")
        tag = str(node.tag)
        if tag not in _PLAIN_TAGS:
            raise mark.error(f"the tag {tag!r} is not supported; write plain values")
        if isinstance(node, ScalarNode):
            return Node(_scalar(node, mark), mark)
        if isinstance(node, SequenceNode):
            return Node([self.build(item, depth + 1) for item in node.value], mark)
        assert isinstance(node, MappingNode)
        return Node(self._entries(node, depth), mark)

    def _entries(self, node: Any, depth: int) -> dict[str, Entry]:
        entries: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            mark = self.mark(key_node.start_mark)
            if not isinstance(key_node, ScalarNode):
                raise mark.error("a key must be a word")
            key = str(key_node.value)
            if key in entries:
                first = entries[key].mark
                raise mark.error(f"duplicate key {key!r}; it stands in line {first.line} already")
            entries[key] = Entry(self.build(value_node, depth + 1), mark)
        return entries


def _scalar(node: Any, mark: Mark) -> Any:
    text = str(node.value)
    if "${" in text:
        raise mark.error("${...} is not supported; give the value with --set")
    if node.style is not None or (node.tag == "tag:yaml.org,2002:str" and text in _WORDS):
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _LEADING_ZERO.fullmatch(text):
        raise mark.error(f"{text} is ambiguous: write it without leading zeros, as 0o... or in quotes")
    if len(text) > 400:
        return text
    if _INT.fullmatch(text):
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        return float(text)
    if match := _NOT_FINITE.fullmatch(text):
        return float("nan") if match[3] else float(f"{match[1]}inf")
    return text


def read(path: Path | str) -> Node:
    """Parse a config file.

    Raises
    ------
    ConfigError
        If it cannot be read, is too large, or is not one YAML document without tags.
    """
    name = str(path)
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", name) from None
    if len(data) > MOST_BYTES:
        raise ConfigError(f"larger than {MOST_BYTES} bytes; that is no config", name)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        column = error.start - data.rfind(b"\n", 0, error.start)
        raise ConfigError("not UTF-8 text", name, line, column) from None
    return parse(text, name)


def parse(text: str, name: str) -> Node:
    """Parse YAML `text`, which `name` names in errors."""
    source = Source(name, tuple(re.split(r"\r\n|[\r\n\x85\u2028\u2029]", text)))
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    try:
        documents = list(yaml.compose_all(text))
    except MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        mark = Mark(source) if at is None else Mark(source, at.line + 1, at.column + 1)
        raise mark.error(f"not YAML: {error.problem or error.context}") from None
    except (YAMLError, ValueError, RecursionError, AttributeError, IndexError, AssertionError) as error:
        what = "nested too deep" if isinstance(error, RecursionError) else str(error).split("\n", 1)[0]
        raise ConfigError(f"not YAML: {what}", name) from None
    if len(documents) > 1:
        start = documents[1].start_mark
        raise Mark(source, start.line + 1, start.column + 1).error("a second document; one file holds one")
    if not documents:
        raise ConfigError("empty; a config needs at least stages", name)
    return _Builder(source).build(documents[0])


def locate(data: Any, source: Source, path: str = "") -> Node:
    """Return plain `data` as a tree whose marks name the key path, for configs given as mappings."""
    mark = Mark(Source(f"{source.path}: {path}" if path else source.path))
    if isinstance(data, dict):
        entries = {
            str(key): Entry(locate(value, source, f"{path}.{key}".lstrip(".")), mark)
            for key, value in data.items()
        }
        return Node(entries, mark)
    if hasattr(data, "tolist"):
        data = data.tolist()
    if isinstance(data, (list, tuple)):
        return Node([locate(item, source, f"{path}[{i}]") for i, item in enumerate(data)], mark)
    return Node(data, mark)

"""``--set stages.0.sigma=2``: one value of a config, replaced from outside."""

from __future__ import annotations

from convpipe.config import tree
from convpipe.config.tree import Entry, Mark, Node, Source
from convpipe.stages import nearest


def override(node: Node, text: str) -> Node:
    """Return `node` with one value set.

    Parameters
    ----------
    node : Node
        A job.
    text : str
        ``path=value``: the path is keys and list positions joined by dots, the value is YAML.

    Raises
    ------
    ConfigError
        If `text` is not of that form, or its path leads nowhere.
    """
    label = f"--set {text}"
    path, equals, value = text.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise Mark(Source(label)).error("needs KEY.KEY=VALUE, such as stages.0.sigma=2")
    return _set(node, keys, tree.parse(value or '""', label), label)


def _set(node: Node, keys: list[str], value: Node, label: str) -> Node:
    key, rest = keys[0], keys[1:]
    mark = Mark(Source(label))
    if isinstance(node.value, list):
        if not key.isdecimal() or int(key) >= len(node.value):
            raise mark.error(f"{key!r} is no position in a list of {len(node.value)}, which count from 0")
        items = list(node.value)
        items[int(key)] = _set(items[int(key)], rest, value, label) if rest else value
        return Node(items, node.mark)
    if not isinstance(node.value, dict):
        raise mark.error(f"{key!r} leads into {node.kind()}, which has no keys")
    entries = dict(node.value)
    if rest and key not in entries:
        # A section that the file leaves out may be set; anything else is a misspelt key.
        if key not in ("input", "output"):
            raise mark.error(f"there is no {key!r}{nearest(key, entries)}")
        entries[key] = Entry(Node({}, mark), mark)
    target = _set(entries[key].node, rest, value, label) if rest else value
    entries[key] = Entry(target, entries[key].mark if key in entries else mark)
    return Node(entries, node.mark)

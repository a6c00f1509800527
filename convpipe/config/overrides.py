"""``--set stages.0.sigma=2``: one value of a config, replaced from outside."""

from __future__ import annotations

from convpipe.config import yaml
from convpipe.config.job import KNOWN_KEYS
from convpipe.config.tree import Entry, Mark, Node, Source
from convpipe.dataclass import dataclass
from convpipe.errors import ConfigError, printable
from convpipe.stages import nearest

_SECTIONS = ("input", "output", "mask", "outputs", "measure", "accept", "limits")
"""Mappings that an override may begin where the file leaves them out."""

_LONGEST = 200


@dataclass(frozen=True)
class Override:
    """One value to set.

    Parameters
    ----------
    keys : tuple of str
        The way to it: keys, and positions in lists; a stage may be called by its name.
    value : Node
    mark : Mark
        Names the option in errors.
    """

    keys: tuple[str, ...]
    value: Node
    mark: Mark

    @classmethod
    def parse(cls, text: str) -> Override:
        """Return the override that `text`, ``KEY.KEY=VALUE`` with a YAML value, asks for.

        Raises
        ------
        ConfigError
            If `text` is not of that form, or the value is not YAML.

        Examples
        --------
        >>> Override.parse("stages.0.sigma=2").keys
        ('stages', '0', 'sigma')
        """
        source = Source(f"--set {_shown(text)}")
        path, equals, value = text.partition("=")
        keys = tuple(path.strip().split("."))
        if not equals or not all(keys):
            raise Mark(source).error("needs KEY.KEY=VALUE, such as stages.0.sigma=2")
        return cls(keys, yaml.parse(value or '""', source), Mark(source))

    def apply(self, node: Node) -> Node:
        """Return `node`, a job, with the value set; `node` stays as it is.

        Raises
        ------
        ConfigError
            If the keys lead nowhere.
        """
        return self._set(node, self._by_position(node), _SECTIONS)

    def _by_position(self, job: Node) -> tuple[str, ...]:
        """Return the keys, with the name of a stage replaced by where it stands."""
        if self.keys[0] == "accept" and len(self.keys) > 2:  # a number of objects, as size.max, is one key
            return "accept", ".".join(self.keys[1:])
        named = _named_stages(job)
        if len(self.keys) > 1 and self.keys[0] == "stages":
            name, rest = self.keys[1], self.keys[2:]
        else:
            name, rest = self.keys[0], self.keys[1:]
            if name in KNOWN_KEYS or not rest:
                return self.keys
        places = named.get(name, [])
        if len(places) > 1:
            raise self.mark.error(f"{len(places)} stages are named {name!r}: {', '.join(places)}")
        return ("stages", places[0], *rest) if places else self.keys

    def _set(self, node: Node, keys: tuple[str, ...], sections: tuple[str, ...] = ()) -> Node:
        if not keys:
            return self.value
        key, rest = keys[0], keys[1:]
        if isinstance(node.value, list):
            index, items = self._position(key, len(node.value)), list(node.value)
            items[index] = self._set(items[index], rest)
            return Node(items, node.mark)
        if not isinstance(node.value, dict):
            raise self._refuse(key, f"leads into {node.kind()}, which has no keys")
        entry = node.value.get(key)
        if entry is None:
            if rest and key not in sections:
                names = _named_stages(node) if sections else ()
                known = {*map(_shown, [*node.value, *names]), *sections}
                hint = (sections and _stage_meant(node, key, rest)) or nearest(key, known)
                raise self.mark.error(f"there is no {key!r}{hint}")
            entry = Entry(Node({}, self.mark), self.mark)
        return Node({**node.value, key: Entry(self._set(entry.node, rest), entry.mark)}, node.mark)

    def _position(self, key: str, length: int) -> int:
        # Compared as text first: a key of thousands of digits is no int.
        if key not in map(str, range(length)):
            raise self._refuse(key, f"is no position in a list of {length}; they count from 0")
        return int(key)

    def _refuse(self, key: str, why: str) -> ConfigError:
        return self.mark.error(f"{key!r} {why}")


def _stage_meant(job: Node, word: str, rest: tuple[str, ...]) -> str:
    """Return, as the end of an error, how to set a key of the stages whose family or method is `word`."""
    stages = job.value["stages"].node.value if "stages" in job.value else ()
    places = [
        str(index)
        for index, item in enumerate(stages if isinstance(stages, list) else ())
        if isinstance(item.value, dict) and (word in item.value or word in map(_scalar, item.value.values()))
    ]
    if not places:
        return ""
    ways = " or ".join(repr(".".join(("stages", place, *rest))) for place in places[:2])
    return f"; a stage is set by its position, {ways}, or by its 'name:'"


def _scalar(entry: Entry) -> object:
    return entry.node.value if isinstance(entry.node.value, str) else None


def _named_stages(job: Node) -> dict[str, list[str]]:
    """Return the positions of the stages of each ``name``."""
    stages = job.value.get("stages") if isinstance(job.value, dict) else None
    named: dict[str, list[str]] = {}
    for index, item in enumerate(stages.node.value if stages and isinstance(stages.node.value, list) else ()):
        name = item.value.get("name") if isinstance(item.value, dict) else None
        if name is not None and isinstance(name.node.value, str):
            named.setdefault(name.node.value, []).append(str(index))
    return named


def _shown(text: str) -> str:
    """Return the option as errors name it: on one line, control characters escaped, not too long."""
    shown = printable(text)
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]} ..."

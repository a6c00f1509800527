"""A config as the text that a person wrote: values are changed where they stand, and all else stays as it is.

Comments, order, quotes and spaces are the person's. What is changed is the text of a value, the lines of a
stage, or their place in the list. A stage that is switched off stays where it is, as comments that begin with
``#off``; who takes that away by hand, or by :meth:`Document.switch`, has the stage back.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from convpipe.config.lines import OFF, commented, ended, uncommented
from convpipe.config.scalars import written
from convpipe.config.spans import Place, places
from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


@dataclass(frozen=True)
class Entry:
    """A stage of the list, as it stands in the text.

    Parameters
    ----------
    on : bool
        Whether it is no comment.
    lead, first, end : int
        Lines: where the comments above it begin, where it begins itself, and where it has ended.
    place : Place or None
        Of one that is on.
    given : mapping
        What it says, as text of YAML by its keys: of those that are off, too.
    """

    on: bool
    lead: int
    first: int
    end: int
    place: Place | None
    given: Mapping[str, str]


@dataclass(frozen=True)
class Document:
    r"""The text of a config, and one of its jobs.

    Parameters
    ----------
    text : str
    job : int
        Which of its ``jobs``, if it has several.

    Examples
    --------
    >>> mine = Document("stages:\n  # softly\n  - blur: box   # a mean\n    size: 3\n  - edge: sobel\n")
    >>> print(mine.set(0, ["size"], 5).switch(1).text, end="")
    stages:
      # softly
      - blur: box   # a mean
        size: 5
      #off - edge: sobel
    >>> print(mine.move(0, 1).text, end="")
    stages:
      - edge: sobel
      # softly
      - blur: box   # a mean
        size: 3
    """

    text: str
    job: int = 0

    @cached_property
    def _lines(self) -> list[str]:
        return _LINES.findall(self.text)

    @cached_property
    def _starts(self) -> list[int]:
        found, at = [], 0
        for line in self._lines:
            found.append(at)
            at += len(line)
        return found

    @cached_property
    def _root(self) -> Place | None:
        return places(self.text)

    @cached_property
    def _job(self) -> Place | None:
        """The mapping of the job."""
        root = self._root
        jobs = None if root is None else root.value("jobs")
        if jobs is None or jobs.items is None:
            return root
        return jobs.items[self.job] if self.job < len(jobs.items) else None

    @cached_property
    def _owner(self) -> Place | None:
        """The mapping that has the stages: the job, or the defaults of all jobs."""
        if self._job is not None and self._job.value("stages") is None and self._root is not None:
            return self._root.value("defaults") or self._job
        return self._job

    @cached_property
    def _list(self) -> Place | None:
        return None if self._owner is None else self._owner.value("stages")

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The stages, those that are off among them, in the order of the text."""
        if self._list is None:
            return ()
        found = [*self._on(self._list), *self._off(self._list)]
        found.sort(key=lambda one: one.first)
        taken, led = self._key_line + 1, []
        for one in found:
            lead = one.first
            while lead > taken and self._is_comment(self._lines[lead - 1]):
                lead -= 1
            led.append(replace(one, lead=lead))
            taken = one.end
        return tuple(led)

    @property
    def _key_line(self) -> int:
        assert self._owner is not None
        return self._line(self._owner.entries["stages"][0].start)  # type: ignore[index]

    def _on(self, stages: Place) -> Iterator[Entry]:
        for item in stages.items or ():
            first = self._line(item.start)
            end = self._line(max(item.end - 1, item.start)) + 1
            given = {key: self._said(value) for key, (_, value) in (item.entries or {}).items()}
            yield Entry(True, first, first, end, item, given)

    def _said(self, value: Place) -> str:
        """Return the text of a value, as a text of its own: the first line of a block as far in as others."""
        indent = "" if value.flow or value.text is not None else " " * self._column(value)
        return indent + self.text[value.start : value.end]

    def _off(self, stages: Place) -> Iterator[Entry]:
        first, last = self._key_line + 1, self._area_end(stages)
        at = first
        while at < last:
            if not self._begins_off(at):
                at += 1
                continue
            end = at + 1
            while end < last and OFF.match(self._lines[end]) and not self._begins_off(end):
                end += 1
            bare = Document("stages:\n" + "".join(map(uncommented, self._lines[at:end])))
            given = bare.entries[0].given if bare.entries else {}
            yield Entry(False, at, at, end, None, given)
            at = end

    def _begins_off(self, line: int) -> bool:
        found = OFF.match(self._lines[line])
        return found is not None and found[3].startswith("-")

    def _is_comment(self, line: str) -> bool:
        return line.lstrip().startswith("#") and not OFF.match(line)

    def _area_end(self, stages: Place) -> int:
        """Return the line of what comes after the list, in any mapping."""
        assert self._root is not None
        after = [start for start in self._root.starts if start >= max(stages.end, stages.start + 1)]
        return self._line(min(after)) if after else len(self._lines)

    def _line(self, at: int) -> int:
        return bisect_right(self._starts, at) - 1

    def locate(self, line: int, column: int) -> tuple[int | None, str | None]:
        """Return the stage, and the key in it, that stand at a line and column, from 1; None where none does.

        Of a key of the job itself it is None and the key.
        """
        if not self._starts:
            return None, None
        at = self._starts[min(line, len(self._starts)) - 1] + column - 1
        for index, entry in enumerate(self.entries):
            if entry.place is not None and entry.place.start <= at <= entry.place.end:
                return index, entry.place.key_at(at)
        return None, None if self._job is None else self._job.key_at(at)

    def option(self, key: str) -> str | None:
        """Return the text of a key of the job, as YAML; None where it has none."""
        value = None if self._job is None else self._job.value(key)
        return None if value is None else self.text[value.start : value.end]

    def set(self, index: int, path: Sequence[str | int], value: Any) -> Document:
        """Return the text with a value of a stage: a key, and places in its lists."""
        entry = self.entries[index]
        assert entry.place is not None
        return self._set(entry.place, path, value)

    def set_option(self, key: str, value: Any) -> Document:
        """Return the text with a value of the job; without the key, if that is None."""
        if self._job is None or not self._job.entries:
            raise ParameterError(f"there is no job whose {key} it is", key)
        if value is None:
            return self._without(self._job, key)
        above = self._owner is self._job and self._list is not None and not self._job.flow
        if self._job.value(key) is not None or not above or self._key_line == self._line(self._job.start):
            return self._set(self._job, [key], value)
        line = f"{' ' * self._column(self._job)}{key}: {written(value)}\n"
        return self._with_lines(self._key_line, self._key_line, [line])

    def unset(self, index: int, key: str) -> Document:
        """Return the text without a key of a stage."""
        entry = self.entries[index]
        assert entry.place is not None
        return self._without(entry.place, key)

    def remove(self, index: int) -> Document:
        """Return the text without a stage, and the comments above it."""
        made = self._as_block()
        entry = made.entries[index]
        return made._with_lines(entry.lead, entry.end, [])

    def switch(self, index: int) -> Document:
        """Return the text with a stage switched off, or on again."""
        made = self._as_block()
        entry = made.entries[index]
        lines = made._lines[entry.first : entry.end]
        if not entry.on:
            return made._with_lines(entry.first, entry.end, list(map(uncommented, lines)))
        column = len(lines[0]) - len(lines[0].lstrip())
        return made._with_lines(entry.first, entry.end, [commented(line, column) for line in lines])

    def move(self, index: int, to: int) -> Document:
        """Return the text with a stage at another place of the list; its comments come with it."""
        made = self._as_block()
        order = list(range(len(made.entries)))
        order.insert(to, order.pop(index))
        chunks = [ended(made._lines[one.lead : one.end]) for one in made.entries]
        lines, at = [], 0
        for entry, source in zip(made.entries, order, strict=True):
            lines += [*made._lines[at : entry.lead], *chunks[source]]
            at = entry.end
        return replace(made, text="".join([*lines, *made._lines[at:]]))

    def insert(self, index: int, given: Mapping[str, Any]) -> Document:
        """Return the text with another stage at a place of the list, of these keys and values."""
        made = self._as_block()
        entries = made.entries
        if entries:
            at = entries[index].lead if index < len(entries) else entries[-1].end
            first = made._lines[entries[0].first]
            column = len(first) - len(first.lstrip())
        else:
            assert made._owner is not None
            at, column = made._key_line + 1, made._column(made._owner) + 2
        pairs = [f"{key}: {written(value)}\n" for key, value in given.items()]
        lines = [f"{' ' * column}{'  ' if number else '- '}{pair}" for number, pair in enumerate(pairs)]
        return made._with_lines(at, at, lines)

    def _column(self, place: Place) -> int:
        """Return the column of a value: of a mapping, that of its keys."""
        return place.start - self._starts[self._line(place.start)]

    def _with_lines(self, first: int, end: int, lines: Sequence[str]) -> Document:
        before = ended(self._lines[:first]) if lines else self._lines[:first]
        return replace(self, text="".join([*before, *lines, *self._lines[end:]]))

    def _with(self, start: int, end: int, text: str) -> Document:
        return replace(self, text=self.text[:start] + text + self.text[end:])

    def _set(self, mapping: Place, path: Sequence[str | int], value: Any) -> Document:
        key = str(path[0])
        given = mapping.value(key)
        if given is None:
            return self._with_key(mapping, key, written(value))
        for step in path[1:]:
            assert given.items is not None
            given = given.items[int(step)]
        made = self
        for place, text in sorted(_changes(self.text, given, value), key=lambda one: -one[0].start):
            if place.items is not None and not place.flow and place.start:  # a block becomes one line
                key_end = mapping.entries[key][0].end + 1  # type: ignore[index]
                made = made._with(key_end, place.end, f" {text}")
            else:
                lacks_space = self.text[place.start - 1] == ":"
                made = made._with(place.start, place.end, f" {text}" if lacks_space else text)
        return made

    def _with_key(self, mapping: Place, key: str, text: str) -> Document:
        """Return the text with one more key of a mapping, after its last."""
        assert mapping.entries
        if mapping.flow:
            end = max(value.end for _, value in mapping.entries.values())
            return self._with(end, end, f", {key}: {text}")
        line = self._line(max(mapping.end - 1, mapping.start)) + 1
        return self._with_lines(line, line, [f"{' ' * self._column(mapping)}{key}: {text}\n"])

    def _without(self, mapping: Place, key: str) -> Document:
        """Return the text without a key of a mapping."""
        found = (mapping.entries or {}).get(key)
        if found is None:
            return self
        name, value = found
        if mapping.flow:
            before = self.text.rfind(",", mapping.start, name.start)
            if before >= 0:
                return self._with(before, value.end, "")
            after = self.text.find(",", value.end, mapping.end)
            return self._with(name.start, value.end if after < 0 else after + 1, "")
        first, end = self._line(name.start), self._line(max(value.end - 1, name.start)) + 1
        if self.text[self._starts[first] : name.start].strip():  # beside the dash: it stays, of the next key
            rest = self.text[self._starts[end] :] if end < len(self._starts) else ""
            return replace(self, text=self.text[: name.start] + rest.lstrip(" "))
        return self._with_lines(first, end, [])

    def _as_block(self) -> Document:
        """Return the text with the stages in lines of their own, if they stand in brackets."""
        stages, owner = self._list, self._owner
        if stages is None or owner is None:
            raise ParameterError("there is no list of stages: write `stages:` into the file", "stages")
        if owner.flow:
            raise ParameterError("the stages stand in the braces of the job: write it in lines", "stages")
        if not stages.flow or stages.items is None:
            return self
        indent = " " * (self._column(owner) + 2)
        at, lines = stages.start + 1, []
        for item in stages.items:
            comments = re.findall(r"#[^\r\n]*", self.text[at : item.start])
            text = self.text[item.start : item.end]
            text = text if "#" in text else re.sub(r"\s*[\r\n]+\s*", " ", text)
            lines += [f"\n{indent}{each}" for each in comments] + [f"\n{indent}- {text}"]
            at = item.end
        start = self.text.rfind(":", 0, stages.start) + 1
        return self._with(start, stages.end, "".join(lines))


def _changes(text: str, given: Place, value: Any) -> Iterator[tuple[Place, str]]:
    """Yield what has to be written, and over what, for a value: of lists alike, the items that differ."""
    if isinstance(value, list) and given.items is not None and len(given.items) == len(value):
        for item, own in zip(given.items, value, strict=True):
            yield from _changes(text, item, own)
        return
    before = text[given.start : given.end]
    after = written(value, like=before)
    if before != after:
        yield given, after

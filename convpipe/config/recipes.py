"""Recipes: configs that come with the package, and how one becomes a config of a person's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from convpipe.config.scalars import written
from convpipe.config.spans import Place, places
from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, nearest
from convpipe.paths import shipped

_BESIDE = re.compile(r"\bconfigs/([\w.-]+\.(?!yaml\b)\w+)(#[\w.]+|)")
"""Where a recipe names a file that lies beside it."""


@dataclass(frozen=True)
class Recipe:
    """A config with a comment that says what it is for.

    Parameters
    ----------
    path : Path
    """

    path: Path

    @property
    def name(self) -> str:
        """What it is called: its file without the extension."""
        return self.path.stem

    @property
    def text(self) -> str:
        """The whole file."""
        return self.path.read_text(encoding="utf-8")

    @property
    def head(self) -> str:
        """The comment at its top, as one line."""
        lines = self.text.splitlines()
        end = next(at for at, line in enumerate(lines) if line[:1] != "#")
        return " ".join(line.lstrip("# ") for line in lines[:end])

    @property
    def body(self) -> str:
        """What follows that comment."""
        lines = self.text.splitlines()
        return "\n".join(lines[next(at for at, line in enumerate(lines) if line[:1] != "#") :])

    @property
    def title(self) -> str:
        """A few words."""
        return self.head.partition(": ")[0]

    @property
    def about(self) -> str:
        """What it does, in a few sentences."""
        _, _, about = self.head.partition(": ")
        return about[:1].upper() + about[1:]

    @property
    def line(self) -> str:
        """The first of these sentences, or the title."""
        return re.split(r"(?<=[.;]) |: ", self.about or self.title)[0].rstrip(".;")

    @property
    def beside(self) -> list[Path]:
        """The files that it reads, which lie beside it."""
        names = dict.fromkeys(name for name, _ in _BESIDE.findall(self.body))
        return [self.path.with_name(name) for name in names]

    def adapted(self, config: Path, folder: Path, output: str | None = None) -> str:
        """Return its text as a config for other images.

        Parameters
        ----------
        config : Path
            Where it will be; the files beside it will be there, too.
        folder : Path
            Of the images. Patterns that name folders of the sample images are left out.
        output : str, optional
            The folder of results, in the place of its own.
        """
        text = self.text
        for start, end, new in sorted(_edits(text, folder, output), reverse=True):
            text = text[:start] + new + text[end:]
        text = text.replace(f"configs/{self.path.name}", config.as_posix())
        return _BESIDE.sub(lambda found: written(config.with_name(found[1]).as_posix() + found[2]), text)


def recipes() -> dict[str, Recipe]:
    """Return all recipes, by their names.

    Examples
    --------
    >>> recipes()["blur"].line
    'A Gaussian of 2 pixels'
    """
    return {path.stem: Recipe(path) for path in sorted(shipped("recipes").glob("*.yaml"))}


def recipe(name: str) -> Recipe:
    """Return the recipe of a name.

    Raises
    ------
    ParameterError
        If there is none; with the nearest right name.
    """
    known = recipes()
    if name not in known:
        raise ParameterError(f"there is no recipe {name!r}{nearest(name, known)}")
    return known[name]


def _edits(text: str, folder: Path, output: str | None) -> Iterator[tuple[int, int, str]]:
    """Yield what is replaced in the text: start, end, and what comes there."""
    root = places(text)
    assert root is not None
    for job in (root, root.value("defaults"), *(jobs.items or () if (jobs := root.value("jobs")) else ())):
        given = job and job.value("input")
        if job and given:
            start, end = given.start, given.end
            if given.entries and not given.flow:  # in lines of its own, with comments on what goes
                start, end = job.entries["input"][0].end + 1, text.index("\n", end - 1)
            yield start, end, ("" if given.start == start else " ") + _input(text, given, folder)
        results = job and job.value("output")
        if results and output is not None:
            path = results.value("path") or results
            yield path.start, path.end, written(output)


def _input(text: str, given: Place, folder: Path) -> str:
    """Return what an input becomes: the folder, and of the rest what does not name others."""
    parts = [f"path: {written(folder.as_posix())}"]
    for key, (_, value) in (given.entries or {}).items():
        if key in ("include", "exclude"):
            patterns = [one.text or "" for one in value.items or (value,)]
            kept = [pattern for pattern in patterns if "/" not in pattern]
            parts += [f"{key}: {written(kept)}"] if kept else []
        elif key != "path":
            parts.append(f"{key}: {text[value.start : value.end]}")
    return "{" + ", ".join(parts) + "}"

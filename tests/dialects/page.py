"""The page ``docs/dialects.md``: what every dialect sets, and by how much it is apart from its library."""

from collections.abc import Iterator
from pathlib import Path

from convpipe.stages.dialects import LIBRARIES, dialects

PAGE = Path(__file__).parents[2] / "docs/dialects.md"
KINDS = ("uint8", "uint16", "float32")
_SETS = "| stage | is | where the entry says nothing |\n| --- | --- | --- |"
_APART = "| compared | parameters | uint8 | uint16 | float32 |\n| --- | --- | ---: | ---: | ---: |"


def recorded(text):
    """Return {library: (version, {(stage, parameters): {dtype: difference}})} as a page has it."""
    found, rows = {}, {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("## "):
            library, version = line[3:].split()
            rows = found[library] = version, {}
        elif found and len(cells) == 5 and cells[0].startswith("`"):
            noted = {kind: float(each) for kind, each in zip(KINDS, cells[2:]) if each != "-"}
            rows[1][cells[0].strip("`"), cells[1]] = noted
    return found


def written(before, libraries):
    """Return the page: its text up to the first library, as it was, and the tables."""
    head = before.split("\n## ")[0].rstrip()
    return "\n".join([head, *_tables(libraries)]) + "\n"


def _tables(libraries) -> Iterator[str]:
    for library in (name for name in LIBRARIES if name in libraries):
        version, rows = libraries[library]
        yield f"\n## {library} {version}\n"
        yield _SETS
        for each in dialects():
            if each.library == library:
                yield f"| `{each.family}: {each.method}` | `{each.call}` | {each} |"
        yield f"\n{_APART}"
        for (stage, given), differences in rows.items():
            cells = [f"{differences[kind]:.2g}" if kind in differences else "-" for kind in KINDS]
            yield f"| {' | '.join([f'`{stage}`', given, *cells])} |"

"""Pages of ``convpipe help``: the beginnings of the documentation's, and sections of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from convpipe.dataclass import dataclass
from convpipe.paths import shipped


@dataclass(frozen=True)
class Topic:
    """What one page shows.

    Parameters
    ----------
    summary : str
    file : str
        In the folder of docs.
    sections : tuple of str
        Headings; without any, what stands before the first.
    """

    summary: str
    file: str
    sections: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The page, as Markdown without links to files."""
        pieces = _pieces((shipped("docs") / self.file).read_text(encoding="utf-8"))
        names = self.sections or (next(iter(pieces)),)
        return _unlinked("\n".join(pieces[name] for name in names))


TOPICS = {
    "config": Topic("the keys of a config", "config.md", ("The keys of a config", "input", "output")),
    "graphs": Topic("stages that read others, several results", "graphs.md"),
    "formulas": Topic(
        "`combine` and what a formula may say", "formulas.md", ("Formulas", "What may be written")
    ),
    "borders": Topic(
        "pixels outside the image, in the words of five libraries", "borders.md", ("Border rules",)
    ),
    "sizes": Topic("how large a result is", "what-is-convolution.md", ("How large is the output?",)),
    "padding": Topic("how many pixels are added", "borders.md", ("Padding rules",)),
    "measures": Topic("numbers of each image, and which pass", "measures.md", ("Measures", "Who passes")),
    "missing": Topic("holes in the data, nodata, masks", "missing.md", ("Missing data", "Masks")),
    "formats": Topic("what is read and written", "formats.md", ("What is read", "What results hold")),
    "stacks": Topic("files of several pages", "stacks.md", ("Stacks", "Projections")),
    "networks": Topic("layers of networks", "networks.md"),
    "dialects": Topic("the numbers of another library", "dialects.md"),
    "recipes": Topic("jobs to begin with", "recipes.md"),
    "inputs": Topic("which images of a folder are taken", "folder-jobs.md", ("Which images",)),
    "shards": Topic("one folder, several machines", "folder-jobs.md", ("Several machines",)),
    "exit-codes": Topic(
        "where paths begin, and how a run ends", "folder-jobs.md", ("Where paths begin, and how a run ends",)
    ),
    "faults": Topic(
        "what happens when something goes wrong", "folder-jobs.md", ("When something goes wrong",)
    ),
    "resume": Topic("going on after anything", "folder-jobs.md", ("Going on: `--resume`",)),
    "log": Topic("what a run tells, and a log of it", "folder-jobs.md", ("What a run says",)),
    "memory": Topic("how much a run takes", "folder-jobs.md", ("Memory",)),
    "completion": Topic("what bash, zsh and fish complete", "terminal.md", ("Completion",)),
    "gpu": Topic("`--backend cuda`", "gpu.md"),
}


def _pieces(text: str) -> dict[str, str]:
    r"""Return the sections of a page by their headings, each with what stands below it.

    Examples
    --------
    >>> _pieces("# A\na\n## B\nb\n### C\n```\n# no heading\n```\n## D\n")["B"]
    '## B\nb\n### C\n```\n# no heading\n```\n'
    """
    lines = text.splitlines(keepends=True)
    found = list(_headings(lines))
    pieces = {}
    for at, (line, depth, name) in enumerate(found):
        later = found[at + 1 :]
        # A title is followed by its own text alone: all the rest is below it.
        end = next((one for one, other, _ in later if other <= depth or depth == 1), len(lines))
        pieces[name] = "".join(lines[line:end])
    return pieces


def _headings(lines: list[str]) -> Iterator[tuple[int, int, str]]:
    """Yield line, depth and text of each heading."""
    fenced = False
    for at, line in enumerate(lines):
        fenced ^= line.startswith("```")
        found = None if fenced else re.match(r"(#+) (.*)", line)
        if found:
            yield at, len(found[1]), found[2].strip()


def _unlinked(text: str) -> str:
    """Return the text with links and pictures as what they say; those of the web keep their addresses."""
    text = re.sub(r"^!\[.*\n*", "", text, flags=re.MULTILINE)
    return re.sub(r"\[([^\]]+)\]\((?!https?:)[^)]*\)", r"\1", text)

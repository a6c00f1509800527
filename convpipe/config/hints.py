"""What is meant by a key that stands where it says nothing."""

from __future__ import annotations

from functools import cache

from convpipe.config.job import JOB_KEYS, SECTIONS
from convpipe.config.tree import Entry
from convpipe.stages import ANY_LABEL, COMMON, families
from convpipe.stages.elsewhere import advice


def belongs(key: str, entry: Entry, what: str) -> str:
    """Return, as the end of an error, where an unknown `key` of `what` belongs; '' if that is not known.

    Parameters
    ----------
    key : str
    entry : Entry
        Its value.
    what : str
        What it was found in, as errors call that.
    """
    if key == "<<":
        return "; YAML 1.2 has no merge keys: what jobs share goes into 'defaults:'"
    if key.isdecimal() and entry.node.value is None:
        return "; in {...} and [...] a comma ends a value: write a decimal with a point, or [1, 2] for two"
    if key.startswith("-"):
        return "; a space is missing after the dash"
    if hint := _ADVICE.get(what, {}).get(key):
        return f"; {hint}"
    homes = [home for home in _homes().get(key, ()) if home != f"in {what}"]
    if homes:
        return f"; it belongs {' or '.join(homes[:MOST_HOMES])}"
    hint = advice(key) if what == "a job" else None  # a filter that other tools call so
    return f"; {hint}" if hint else ""


_OPTIONS = {
    key: f"it is said to the command: 'convpipe run {option}'"
    for keys, option in {
        "resume": "--resume",
        "overwrite": "--overwrite",
        "isolate": "--isolate",
        "strict": "--strict",
        "quiet": "--quiet",
        "verbose": "--verbose",
        "json": "--json",
        "report": "--report DIR",
        "threads workers processes n_jobs": "--jobs N",
        "memory": "--memory SIZE",
        "timeout": "--isolate --timeout SECONDS",
        "csv": "--measures FILE",
    }.items()
    for key in keys.split()
}
"""What says how a job runs, which other tools have in their configs."""

_OF_RESULTS = {
    key: hint
    for keys, hint in {
        "exif icc icc_profile metadata keep_metadata dpi resolution": "what a file says of itself follows it",
        "bits bit_depth bilevel": "'dtype:' of the job; one bit by 'compression: bilevel' of a png, "
        "'group4' of a tiff",
        "split split_pages": "'pages: files' makes a file of each page",
    }.items()
    for key in keys.split()
}
"""What other tools are told of their results."""

_ADVICE = {"a job": _OPTIONS, "output": _OF_RESULTS}

MOST_HOMES = 2
"""Places that an error names for one key."""


@cache
def _homes() -> dict[str, list[str]]:
    """Return where each key of a config may stand."""
    homes: dict[str, list[str]] = {}

    def home(key: str, place: str) -> None:
        if place not in homes.setdefault(key, []):
            homes[key].append(place)

    for parameter in JOB_KEYS:
        home(parameter.name, "in a job")
    for key in (*SECTIONS, "outputs", "measure", "accept", "stages"):
        home(key, "in a job")
    for name, keys in SECTIONS.items():
        for parameter in keys:
            home(parameter.name, f"in {name}")
    for family in families():
        home(family, "in the list 'stages:', after a dash")
    for required in (True, False):  # what a filter cannot do without is likelier its own
        for method in (method for methods in families().values() for method in methods.values()):
            label = method.family if method.name == ANY_LABEL else f"{method.family}: {method.name}"
            for parameter in method.parameters:
                if parameter.required == required:
                    home(parameter.name, f"below '- {label}'")
    for parameter in COMMON:
        home(parameter.name, "in a stage, below its family")
    return homes

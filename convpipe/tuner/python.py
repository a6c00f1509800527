"""A pipeline as a script of Python."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from convpipe.pipeline import Pipeline
from convpipe.stages import Stage, stage


def python_of(pipeline: Pipeline) -> str:
    """Return the text of a module that makes a pipeline.

    Examples
    --------
    >>> from convpipe import Pipeline, stage
    >>> print(python_of(Pipeline([stage("edge", "sobel", stride=2)], border="wrap")), end="")
    import convpipe
    from convpipe import stage
    <BLANKLINE>
    pipeline = convpipe.Pipeline(
        [
            stage('edge', 'sobel', stride=2),
        ],
        border='wrap',
    )
    """
    options = pipeline.to_dict()
    stages = [_stage(entry) for entry in options.pop("stages")]
    plugins = options.pop("plugins", [])
    lines = ["import convpipe", "from convpipe import stage"]
    lines += [
        "from convpipe.stages.plugins import load",
        "",
        *(f"load({name!r})" for name in plugins),
    ] * bool(plugins)
    lines += [
        "",
        "pipeline = convpipe.Pipeline(",
        "    [",
        *(f"        {one!r}," for one in stages),
        "    ],",
    ]
    lines += [*(f"    {name}={value!r}," for name, value in options.items()), ")", ""]
    return "\n".join(lines)


def _stage(entry: Mapping[str, Any]) -> Stage:
    """Return a stage of its entry, whose first key is its family."""
    (family, label), *given = entry.items()
    return stage(family, label, **dict(given))

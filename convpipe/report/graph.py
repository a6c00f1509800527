"""Which stage reads which, drawn: lanes of characters beside the stages, or a graph for Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from convpipe.plan import Plan, StagePlan
from convpipe.report.text import extent, printable
from convpipe.stages.wiring import IMAGE


def lanes(plan: Plan) -> list[str]:
    r"""Return a line for the image and for each stage, in which a star stands for what it gives.

    That goes down its lane until the last stage that reads it. A stage has a lane that ends with it, or a
    free one, and plus signs are the others that it reads.

    Examples
    --------
    >>> from convpipe.plan import make_plan
    >>> from convpipe.stages import stage
    >>> fine = stage("blur", "box", size=3, name="fine")
    >>> coarse = stage("blur", "box", size=9, name="coarse", from_="input")
    >>> stages = [fine, coarse, stage("combine", "difference", formula="fine - coarse + input / 9")]
    >>> print(*lanes(make_plan(stages, (90, 90))), sep="\n")
    *
    +-*
    +-|-*
    *-+-+
    """
    return [line for line, _ in _drawn(plan)]


def lanes_below(plan: Plan) -> list[str]:
    r"""Return what goes on below each line of :func:`lanes`, where a row is higher than that.

    Examples
    --------
    >>> from convpipe.plan import make_plan
    >>> from convpipe.stages import stage
    >>> fine = stage("blur", "box", size=3, name="fine")
    >>> print(lanes_below(make_plan([fine, stage("combine", "x", formula="fine - input")], (9, 9))))
    ['|', '| |', '']
    """
    return [below for _, below in _drawn(plan)]


def _drawn(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the line of the image and of each stage, and what goes on below it."""
    last = {source: at for at, stage in enumerate(plan.stages) for source in stage.inputs}
    held: list[int | None] = [IMAGE]
    yield "*", "|"
    for at, stage in enumerate(plan.stages):
        sources = [held.index(source) for source in stage.inputs]
        ending = [lane for lane, source in zip(sources, stage.inputs, strict=True) if last[source] == at]
        if not ending and None not in held:
            held.append(None)
        own = min(ending) if ending else held.index(None)
        line = _line(held, sources, own)
        for lane in ending:
            held[lane] = None
        held[own] = at if at in last else None
        yield line, " ".join(" " if value is None else "|" for value in held).rstrip()


def _line(held: list[int | None], sources: list[int], own: int) -> str:
    """Return the line of a stage in lane `own` that reads what is in those of `sources`."""
    low, high = min(*sources, own), max(*sources, own)
    drawn = ""
    for lane, value in enumerate(held):
        between = low < lane < high
        mark = "|" if value is not None else "-" if between else " "
        mark = "*" if lane == own else "+" if lane in sources else mark
        drawn += mark + ("-" if low <= lane < high else " ")
    return drawn.rstrip()


def results(plan: Plan, position: int) -> str:
    """Return, as the end of a stage's name, the results that it gives, where there are several."""
    names = [output.name for output in plan.outputs if plan.stage_of(output.node) == position]
    return f" => {', '.join(names)}" if names and plan.beside else ""


def dot(plan: Plan, name: str) -> str:
    """Return the graph of a plan as Graphviz reads it.

    Parameters
    ----------
    plan : Plan
    name : str
        Of the job.
    """
    return "\n".join([f"digraph {_quoted(name)} {{", *(f"  {line};" for line in _statements(plan)), "}"])


def _statements(plan: Plan) -> Iterator[str]:
    yield "node [shape=box]"
    image = f"{extent(plan.input)}x{plan.image_channels} {plan.dtype}"
    yield f"input [shape=oval, label={_quoted('input', image)}]"
    for position, stage in enumerate(plan.stages):
        size = f"{extent(stage.extent)}x{stage.channels}"
        yield f"stage{position} [label={_quoted(_called(stage), size)}]"
        for source in stage.inputs:
            yield f"{'input' if source == IMAGE else f'stage{source}'} -> stage{position}"
    for number, output in enumerate(plan.outputs):
        yield f"output{number} [shape=oval, label={_quoted(output.name, output.dtype)}]"
        yield f"stage{plan.stage_of(output.node)} -> output{number}"


def _called(stage: StagePlan) -> str:
    return stage.name if stage.index is None else f"{stage.index}: {stage.name}"


def _quoted(*lines: str) -> str:
    """Return lines of text as one of Graphviz's strings."""
    escaped = (printable(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'

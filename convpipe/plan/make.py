"""Work out a plan: extents, ranges, fields and costs of every node."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from convpipe.dataclass import dataclass
from convpipe.errors import ParameterError, PlanError
from convpipe.geometry import LARGEST, Border, Extent, Field
from convpipe.levels import BOOL, few_values
from convpipe.ops import COMPUTE, Graph, dtype_range
from convpipe.plan.apart import plan_apart
from convpipe.plan.fixed import samples_of
from convpipe.plan.fold import fold
from convpipe.plan.holes import cover_missing
from convpipe.plan.join import plan_join
from convpipe.plan.missing import Missing
from convpipe.plan.model import Output, Plan
from convpipe.plan.node import Entering, Made, NodePlan, Origin
from convpipe.plan.opacity import cover_transparent
from convpipe.plan.rates import at_rates
from convpipe.plan.values import levels_of
from convpipe.plan.window import plan_window
from convpipe.ranges import Ranges
from convpipe.stages import ImageKind, Stage
from convpipe.stages.wiring import IMAGE, Wiring, wire


@dataclass(frozen=True)
class Settings:
    """What a job says for all of its stages.

    Parameters
    ----------
    border : Border
        For stages that name none.
    output_dtype : str, optional
        Of the results; default: the ``dtype`` of the stage that gives one, or that of the image. Results of
        bool images are bool only where every value is 0 or 1, else uint8.
    missing : Missing, optional
        Which samples count for nothing; default: none.
    scale : str, optional
        The dtype whose full scale stages mean, of an image that was computed from one of it; default: that of
        the image.
    """

    border: Border = Border.REFLECT
    output_dtype: str | None = None
    missing: Missing | None = None
    scale: str | None = None


def make_plan(
    stages: Sequence[Stage] | Wiring,
    extent: Extent,
    settings: Settings = Settings(),  # noqa: B008 - frozen
    *,
    channels: int = 1,
    alpha: bool = False,
    dtype: str = "uint8",
) -> Plan:
    """Work out extents, ranges, halos, bytes and operations of a pipeline.

    Parameters
    ----------
    stages : sequence of Stage, or Wiring
    extent : (rows, cols)
        Of the image.
    settings : Settings, optional
    channels : int
    alpha : bool
        Whether the last channel is alpha.
    dtype : str
        Of the image.

    Raises
    ------
    ParameterError
        If `dtype` is not one that convpipe computes with, or stages refer to what there is not.
    PlanError
        If the image is empty or nothing but alpha, a stage's window does not fit in its input, or images
        that are combined have other extents; the message names the stages and the numbers.
    """
    _check_image(extent, channels, alpha, dtype)
    border, output_dtype, missing = settings.border, settings.output_dtype, settings.missing
    if output_dtype is not None and output_dtype not in COMPUTE:
        raise unknown_dtype(output_dtype)
    wiring = stages if isinstance(stages, Wiring) else wire(stages)
    values = dtype_range(dtype)
    ranges = Ranges(values, values if alpha else None)
    image = Entering(extent, channels, ranges, (Field(), Field()), samples_of(dtype))
    held = None if missing is None else _held(missing, dtype, alpha)
    made = Made(image, COMPUTE[dtype], has_holes=held is not None)
    scale = dtype_range(settings.scale or dtype)
    makers = _add_stages(wiring, made, border, ImageKind(channels, alpha, scale.high, scale.low))
    plain = _plain_dtypes(made.nodes, dtype)
    outputs = [
        Output(name, makers[at], output_dtype or wiring.stages[at].dtype or plain[makers[at]])
        for name, at in wiring.outputs
    ]
    outputs = [
        replace(each, dtype=_measured_dtype(made.nodes[each.node], made, held, alpha))
        if each.name in wiring.measured
        else each
        for each in outputs
    ]
    measured = {makers[at] for name, at in wiring.outputs if name in wiring.measured}
    nodes, places = _covered(made, held, values.high if alpha else None, outputs, measured)
    channels += held is not None and held.masked
    *beside, result = (replace(output, node=places[output.node]) for output in outputs)
    return Plan(
        extent, channels, dtype, result.dtype, made.compute, alpha, tuple(nodes), tuple(beside), missing
    )


def _add_stages(wiring: Wiring, made: Made, border: Border, image: ImageKind) -> list[int]:
    """Add the nodes of all stages to those that are made; return which of them gives what each stage does."""
    makers: list[int] = []
    numbers = itertools.count()
    readers = Counter(itertools.chain(*wiring.reads, dict(wiring.outputs).values()))
    alone = {at for at, count in readers.items() if count == 1}
    for stage, reads in zip(wiring.stages, wiring.reads, strict=True):
        index = None if stage.implied else next(numbers)
        origin = Origin(index, stage.name, stage.method.title, _smaller(stage), reads, option=stage.implied)
        sources = [IMAGE if source == IMAGE else makers[source] for source in reads]
        kind = replace(image, channels=made.entering(sources[0]).channels)
        graph = stage.lower(border, kind)
        if len(reads) == 1 and reads[0] in alone:
            origin, graph = fold(origin, graph, sources[0], made)
        _add_stage(origin, graph, stage.dtype, sources, made)
        makers.append(len(made.nodes) - 1)
    return makers


def _add_stage(origin: Origin, graph: Graph, dtype: str | None, sources: Sequence[int], made: Made) -> None:
    """Add to the nodes that are made those of a stage, whose graph reads `sources` and gives `dtype`."""
    named = dict(zip(graph.inputs, sources, strict=True))
    for node in graph.nodes:
        rounded = dtype if node is graph.nodes[-1] else None
        inputs = tuple(named[name] for name in node.inputs)
        plan = plan_join if node.is_join else plan_apart if node.is_apart else plan_window
        named[node.name] = len(made.nodes)
        made.nodes.append(plan(origin, node.ops, inputs, made, rounded or made.compute))


def _covered(
    plain: Made,
    missing: Missing | None,
    opaque: float | None,
    outputs: Sequence[Output],
    measured: Collection[int],
) -> tuple[list[NodePlan], Mapping[int, int]]:
    """Return the nodes in which what is missing or hidden does not count, and where the results are."""
    results = {output.node: output.dtype for output in outputs}
    nodes, places = plain.nodes, {at: at for at in results}
    if missing is not None:
        nodes, places = cover_missing(plain, missing, results, measured)
    elif opaque is not None:
        nodes, places = cover_transparent(plain, opaque, results)
    nodes, moved = at_rates(replace(plain, nodes=nodes))
    return nodes, {at: moved[place] for at, place in places.items()}


def _held(missing: Missing, dtype: str, alpha: bool) -> Missing | None:
    """Return what is missing in images of `dtype`; None where nothing can be."""
    if alpha:
        raise PlanError("of an image with alpha it is alpha that says what is missing, and no value besides")
    return missing.of(dtype)


def _check_image(extent: Extent, channels: int, alpha: bool, dtype: str) -> None:
    if dtype not in COMPUTE:
        raise unknown_dtype(dtype)
    rows, cols = extent
    if rows < 1 or cols < 1 or channels < 1:
        raise PlanError(f"the image is empty: {rows} rows, {cols} columns, {channels} channels")
    if alpha and channels == 1:
        raise PlanError("an image with alpha has other channels beside it; this one has 1")
    if rows * cols * channels > LARGEST**2:
        raise PlanError(f"an image of {rows} x {cols} x {channels} samples is too large to index")


def unknown_dtype(dtype: str) -> ParameterError:
    """Return the error for a dtype that nothing is computed in."""
    wide = "; 64-bit integers fit no arithmetic here: cast them" if dtype in ("int64", "uint64") else ""
    return ParameterError(f"dtype needs one of {', '.join(COMPUTE)}; given {dtype!r}{wide}", "dtype")


def _plain_dtypes(nodes: Sequence[NodePlan], dtype: str) -> list[str]:
    """Return the type of the result of each node where none says one: that of the image, if it holds it."""
    if dtype != "bool":
        return [dtype] * len(nodes)
    values = levels_of(nodes, dtype)
    few = (values[at] for at in range(len(nodes)))
    return ["uint8" if found is None or not found <= BOOL else dtype for found in few]


def _measured_dtype(node: NodePlan, made: Made, missing: Missing | None, alpha: bool) -> str:
    """Return the type of an image that is measured: bytes, if it is of 0 and 1 without holes or alpha."""
    found = few_values(node.ops, [None] * len(node.inputs)) if missing is None and not alpha else None
    return made.compute if found is None or not found <= BOOL else "uint8"


def _smaller(stage: Stage) -> str | None:
    """Name the parameters of a stage that make its values smaller, as its method declares them."""
    own = stage.parameters
    if not {"kernel", "normalize"} <= own.keys():
        return next((f"a smaller {name}" for name in ("gain", "amount") if name in own), None)
    divides = not own["normalize"] and abs(np.sum(own["kernel"])) > 1
    return "smaller weights, 'normalize: true'" if divides else "smaller weights"

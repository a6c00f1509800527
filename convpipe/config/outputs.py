"""Whether all that the stages and the outputs of a job refer to is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from convpipe.config.inside import inside
from convpipe.config.job import ResultSpec
from convpipe.config.problems import Problems
from convpipe.config.stages import Placed
from convpipe.config.tree import Entry
from convpipe.errors import ConfigError
from convpipe.formula import Measure
from convpipe.stages.wiring import Fault, faults


def check_wiring(
    stages: Sequence[Placed],
    outputs: Mapping[str, ResultSpec],
    entries: Mapping[str, Entry],
    measures: Mapping[str, Measure],
    problems: Problems,
) -> None:
    """Add to `problems` what is wrong with the names by which stages and outputs refer to stages.

    Parameters
    ----------
    stages : sequence of Placed
    outputs : mapping
        The results that are right.
    entries : mapping
        Those of ``outputs`` in the config.
    measures : mapping of str to Measure
        Stages that one is of are used.
    problems : Problems
    """
    all_right = all(placed.right for placed in stages) and len(outputs) == len(entries)
    sources = {name: one.source for name, one in outputs.items()}
    measured = {image for one in measures.values() for image in one.names}
    for fault in faults([placed.stage for placed in stages], sources, measured):
        if all_right or fault.key is not None:  # a wrong stage may read what seems unused
            problems.add(_located(fault, stages, entries))


def _located(fault: Fault, stages: Sequence[Placed], entries: Mapping[str, Entry]) -> ConfigError:
    """Return the error at the value that refers to what is not there, or at the whole."""
    if fault.stage is not None:
        node = stages[fault.stage].node
    else:
        assert fault.output is not None
        if fault.key is None:
            return entries[fault.output].mark.error(fault.message)
        node = entries[fault.output].node
    entry = node.value.get(fault.key) if fault.key and isinstance(node.value, dict) else None
    if entry is None:
        return node.mark.error(fault.message)
    mark = entry.node.mark if fault.offset is None else inside(entry.node, fault.offset)
    return mark.error(fault.message)

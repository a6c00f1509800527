"""Whether all that the stages and the outputs of a job refer to is there, and outputs can be written so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from convpipe.config.inside import inside
from convpipe.config.job import DEFLATE_MOST, TILED, UNLEVELLED, OutputSpec, ResultSpec
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
    measures: Mapping[str, Measure | None],
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
        Stages that one is of are used; None is one that is wrong.
    problems : Problems
    """
    right = {name: one for name, one in measures.items() if one is not None}
    all_right = all(placed.right for placed in stages)
    all_right = all_right and len(outputs) == len(entries) and len(right) == len(measures)
    sources = {name: one.source for name, one in outputs.items()}
    measured = {image for one in right.values() for image in one.images}
    for fault in faults([placed.stage for placed in stages], sources, measured):
        if all_right or fault.key is not None:  # what is wrong may read what seems unused
            problems.add(_located(fault, stages, entries))


def check_encoding(
    own: Mapping[str, Entry], spec: OutputSpec | ResultSpec, whole: OutputSpec, problems: Problems
) -> None:
    """Add to `problems` what an output says that its format cannot do.

    Parameters
    ----------
    own : mapping of str to Entry
        Its keys in the config.
    spec : OutputSpec or ResultSpec
    whole : OutputSpec
        What holds where it says nothing.
    problems : Problems
    """
    format, alike = spec.format or whole.format, spec.format in (None, whole.format)
    level = whole.compression
    inherited = alike and spec.compression is None and isinstance(level, int)
    if inherited:
        spec = replace(spec, compression=level)
    for key, reason in _unable(spec, format, spec.codec or (whole.codec if alike else None)):
        if key in own:
            problems.add(own[key].node.mark.error(reason))
        elif key == "compression" and inherited and "codec" in own:  # to which the level of all comes
            problems.add(own["codec"].node.mark.error(f"{reason}; 'output:' has 'compression: {level}'"))


def _unable(
    spec: OutputSpec | ResultSpec, format: str | None, codec: str | None
) -> Iterator[tuple[str, str]]:
    """Yield the keys that an output in a format cannot have, each with why."""
    if format not in (None, *TILED):
        able = " or ".join(TILED)
        one_size = f"{format} holds an image in one size; {able} holds a pyramid: 'format: tiff'"
        if spec.pyramid:
            yield "pyramid", one_size
        if spec.smallest is not None:
            yield "smallest", one_size
        yield "codec", f"{format} has no codec; {able} has: 'format: tiff'"
    elif format == "zarr" and codec == "lzw":
        yield "codec", "zarr has no LZW; it has zstd, deflate and none"
    level, zstd = spec.compression, codec == "zstd" or (codec is None and format == "zarr")
    if isinstance(level, str):
        if format == "zarr":
            yield "compression", f"zarr has no {level}; 'codec: zstd' has 0 to 22"
    elif level is not None and codec in UNLEVELLED:
        yield "compression", f"{codec} has no levels; 'codec: deflate' has"
    elif level is not None and level > DEFLATE_MOST and not zstd:
        yield "compression", f"compression is 0 to {DEFLATE_MOST}, of 'codec: zstd' to 22; given {level}"


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

"""A session as a page shows it: entries with their controls and faults, the graph, sizes, as plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import PurePath
from typing import Any

from convpipe.config import yaml
from convpipe.config.document import Entry
from convpipe.config.tree import Source
from convpipe.errors import ConfigError, ConvpipeError, ParameterError
from convpipe.ops import dtype_range
from convpipe.plan import Plan, StagePlan
from convpipe.stages import ANY_LABEL, Method, families, find, libraries
from convpipe.tuner.controls import control, controls
from convpipe.tuner.edits import OPTIONS
from convpipe.tuner.session import Session


def state(session: Session) -> dict[str, Any]:
    """Return a session as plain data, all of it finite."""
    entries = session.document.entries
    ranges = session.stages_of(session.document)
    plan = _plan(session) if not session.faults else None
    own = [] if plan is None else [stage for stage in plan.stages if stage.index is not None]
    sample = session.samples[session.current]
    scale = dtype_range(sample.shown.pixels.dtype.name).high
    made = {
        "version": session.version,
        "path": str(session.path),
        "name": session.pipeline.name if session.pipeline else session.path.stem,
        "changed": session.is_changed,
        "undo": session.can_undo,
        "redo": session.can_redo,
        "right": not session.faults,
        "faults": [_fault(each) for each in session.faults if each.entry is None],
        "options": [_option(session, key) for key in OPTIONS],
        "entries": [
            _entry(session, at, entry, [own[k] for k in numbers if k < len(own)], numbers, scale)
            for at, (entry, numbers) in enumerate(zip(entries, ranges, strict=True))
        ],
        "samples": [{"name": PurePath(each.name).name, "path": each.name} for each in session.samples],
        "current": session.current,
        "image": _image(session),
        "stages": len(own),
        "plan": None if plan is None else _sizes(plan),
    }
    return finite(made)  # type: ignore[no-any-return]


def _plan(session: Session) -> Plan | None:
    try:
        return session.viewer().plan()
    except ConvpipeError:
        return None


def _image(session: Session) -> dict[str, Any]:
    shown = session.samples[session.current].shown
    rows, cols = shown.pixels.shape[:2]
    channels = shown.pixels.shape[2] if shown.pixels.ndim == 3 else 1
    dtype = shown.pixels.dtype.name
    return {"rows": rows, "cols": cols, "channels": channels, "dtype": dtype, "alpha": shown.alpha}


def _sizes(plan: Plan) -> dict[str, Any]:
    """Return what a plan says of a whole pipeline: which stage reads which, and sizes."""
    return {
        "headline": plan.headline,
        "warnings": plan.warnings,
        "stages": [_stage(stage) | {"reads": list(stage.inputs)} for stage in plan.stages],
        "outputs": [{"name": each.name, "stage": plan.stage_of(each.node)} for each in plan.outputs],
    }


def _stage(stage: StagePlan) -> dict[str, Any]:
    return {
        "number": stage.index,
        "name": stage.name,
        "rows": stage.extent[0],
        "cols": stage.extent[1],
        "channels": stage.channels,
        "range": [stage.range.low, stage.range.high],
        "formulas": list(stage.formulas),
        "warnings": stage.warnings,
    }


def _entry(
    session: Session,
    at: int,
    entry: Entry,
    planned: Sequence[StagePlan],
    numbers: range,
    scale: float,
) -> dict[str, Any]:
    """Return an entry with the controls of its parameters, their values and what is wrong with them."""
    given = {key: _read(text) for key, text in entry.given.items()}
    family, label, method = _method_of(given)
    taken = {"own": [], "common": []} if method is None else _controls(str(family), str(label), scale)
    faults: dict[str, list[str]] = {}
    for fault in session.faults:
        if fault.entry == at:
            faults.setdefault("" if fault.key in (None, family) else str(fault.key), []).append(fault.message)
    known = {each["name"] for each in (*taken["own"], *taken["common"])}
    loose = [key for key in given if key not in known and key != family]
    return {
        "on": entry.on,
        "family": family,
        "label": label,
        "title": f"{family}: {label}" if family else "stage",
        "summary": None if method is None else method.summary,
        "formula": None if method is None else method.formula or None,
        "methods": sorted(families().get(family or "", {}).keys() - {ANY_LABEL}),
        "name": given.get("name"),
        "numbers": list(numbers),
        "values": given,
        "own": taken["own"],
        "common": taken["common"],
        "loose": loose,
        "faults": faults,
        "sizes": [_stage(each) for each in planned],
    }


@lru_cache(maxsize=256)
def _controls(family: str, label: str, scale: float) -> dict[str, list[dict[str, Any]]]:
    return controls(find(family, label), scale)


def _method_of(given: Mapping[str, Any]) -> tuple[str | None, str | None, Method | None]:
    """Return the family and label of an entry, and its method, if there is one."""
    known = {*families(), *libraries()}
    family = next((key for key in given if key in known), None)
    if family is None:
        return None, None, None
    label = str(given[family])
    try:
        return family, label, find(family, label)
    except ParameterError:
        return family, label, None


@lru_cache(maxsize=1024)
def _read(text: str) -> Any:
    """Return what a text of YAML says; the text itself, where that is nothing by itself."""
    try:
        return yaml.parse(text or "null", Source("<value>")).plain()
    except ConfigError:
        return text


def _option(session: Session, key: str) -> dict[str, Any]:
    text = session.document.option(key)
    faults = [fault.message for fault in session.faults if fault.entry is None and fault.key == key]
    return control(OPTIONS[key]) | {"value": None if text is None else _read(text), "faults": faults}


def _fault(fault: Any) -> dict[str, Any]:
    return {"message": fault.message, "key": fault.key}


def finite(data: Any) -> Any:
    """Return plain data whose numbers JSON has: others as text."""
    if isinstance(data, dict):
        return {key: finite(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [finite(value) for value in data]
    return str(data) if isinstance(data, float) and not math.isfinite(data) else data

"""What a caller hands over as a lazy image, with labels or without, and the results as the caller had it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from convpipe import arrays
from convpipe.blocks.graph import Options, filtered, planned
from convpipe.engine import Engine
from convpipe.errors import ParameterTypeError


def map_blocks(engine: Engine, identity: Any, image: Any, options: Options) -> dict[str, Any]:
    """Return the results of a pipeline for a dask array, or a DataArray that holds one, by their names.

    Parameters
    ----------
    engine : Engine
    identity : object
        What dask's names of the results follow from, beside the array and the options.
    image : dask.array.Array or DataArray
    options : Options

    Raises
    ------
    ParameterError
        If this is no lazy image; as :func:`convpipe.blocks.graph.filtered`.
    """
    labelled, held = arrays.unlabelled(image)
    if not arrays.is_lazy(held):
        kind = type(held).__name__
        raise ParameterTypeError(
            f"map_blocks needs a dask array; given {kind}: pipeline(image) filters an array at once,"
            " dask.array.from_array(image) makes a dask array of it",
            "image",
        )
    options = options.by_number(None if labelled is None else tuple(labelled.dims))
    given = arrays.Given(held, options.channel_axis, labelled)
    if engine.missing == "file":
        options = replace(options, nodata=given.nodata("file"))
    results = filtered(engine, identity, held, options)
    if labelled is None:
        return results
    layout, plan = planned(engine, held, options)
    given = arrays.Given(held, layout.channels, labelled, layout.pages)
    nodes = {output.name: output.node for output in plan.outputs}
    return {name: given.relabelled(each, plan, nodes[name]) for name, each in results.items()}

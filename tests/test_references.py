"""Every method against literal numbers from a named source.

The oracle reads the same taps and expressions as the product, so a wrong filter is wrong in both: here the
numbers are written out, and where their source is a library the tests have, the library still gives them.
"""

import importlib
import pkgutil

import interpreted
import numpy as np
import oracle
import pytest
import references
import references.stacks as references_of_stacks

from convpipe.compile.cpu.graphs import GraphExecutable, compile_plan
from convpipe.geometry import BORDER_NAMES
from convpipe.plan import Settings, make_plan
from convpipe.stages import ANY_LABEL, COMMON, families, stage
from convpipe.stages.parameters import Choice

TABLES = [
    table
    for module in pkgutil.iter_modules(references.__path__)
    for table in getattr(importlib.import_module(f"references.{module.name}"), "TABLES", ())
]


METHODS = {
    (family, "mine" if name == ANY_LABEL else name): method
    for family, methods in families().items()
    for name, method in methods.items()
}
FIRST = {(table.family, table.method, table.dtype): table for table in reversed(TABLES)}


def planned(table):
    pixels = table.pixels
    return make_plan(
        [stage(table.family, table.method, **table.parameters)],
        pixels.shape[:2],
        Settings(border=BORDER_NAMES[table.border], output_dtype="float64"),
        channels=max(table.channels, 1),
        alpha=table.alpha,
        dtype=table.dtype,
    )


def near(table, got):
    got = np.asarray(got, np.float64).reshape(table.values.shape)
    np.testing.assert_allclose(got, table.values, rtol=0, atol=table.tolerance, err_msg=table.source)


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_the_oracle_gives_these_numbers(table):
    pixels = table.pixels.reshape(*table.pixels.shape[:2], -1)
    near(table, oracle.run_graph(planned(table), pixels)[-1])


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_the_generated_loop_gives_these_numbers(table):
    run = compile_plan(planned(table))
    if isinstance(run, GraphExecutable):  # what stands before its loop is NumPy's
        near(table, run(table.pixels, threads=1)[0])
    else:
        near(table, interpreted.run(run, table.pixels)[0])


@pytest.mark.parametrize("table", FIRST.values(), ids=str)
def test_the_compiled_loop_gives_these_numbers(table):
    near(table, compile_plan(planned(table))(table.pixels, threads=1)[0])


@pytest.mark.parametrize("table", [table for table in TABLES if table.peer], ids=str)
def test_the_source_still_gives_these_numbers(table):
    near(table, table.peer(table.pixels.astype(np.float64)))


@pytest.mark.parametrize(("family", "method"), list(METHODS))
def test_every_method_has_a_table_of_its_defaults(family, method):
    """Beside what must be given: that of its example, where one of several parameters must be."""
    mine = [table for table in TABLES if (table.family, table.method) == (family, method)]
    declared = METHODS[family, method]
    required = {parameter.name for parameter in declared.parameters if parameter.required}
    assert any(set(table.parameters) <= required | set(declared.example) for table in mine)


@pytest.mark.parametrize(("family", "method"), list(METHODS))
def test_every_parameter_has_a_table(family, method):
    mine = [table.parameters for table in TABLES if (table.family, table.method) == (family, method)]
    for parameter in METHODS[family, method].parameters:
        given = {repr(table[parameter.name]) for table in mine if parameter.name in table}
        if isinstance(parameter, Choice):
            assert {parameter.default, *map(eval, given)} == set(parameter.choices)
        else:
            assert given - {repr(parameter.default)}, parameter.name


def test_every_common_parameter_that_changes_pixels_has_a_table():
    given = {name for table in TABLES for name in table.parameters}
    given |= {"axis"} if references_of_stacks.VOLUMES else set()
    assert {parameter.name for parameter in COMMON} - given == {"name", "dtype", "from", "like"}

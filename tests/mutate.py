"""Plant small bugs, one at a time, and say which no test notices.

    python tests/mutate.py                       all modules of TESTS, some hours
    python tests/mutate.py geometry batch.identity
    python tests/mutate.py stages.edge --every 3    every third mutant

A mutant changes one place of a module: a comparison, an operator, a constant, a condition, the order of two
arguments, an expression written as text; or it leaves out a statement. It is written into a copy of the
tree, and the module's quick tests run on it in a process forked from one that has the libraries loaded.
What survives is printed: either the change makes no difference, or a test is missing.
"""

import argparse
import ast
import contextlib
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

import hypothesis

ROOT = Path(__file__).parents[1]
SECONDS = 120
"""Most that tests may take; with a mutant, 20 s and 5 times as long as without. Longer counts as noticed."""

LOG = "tests.log"

LIBRARIES = """
    numba pytest ruamel.yaml scipy.ndimage scipy.signal
    skimage.color skimage.exposure skimage.filters skimage.util
""".split()  # noqa: SIM905

NUMBERS = "tests/test_references.py::test_the_oracle_gives_these_numbers"
STAGES = [
    NUMBERS,
    "tests/test_stages.py::test_declaration_is_complete",
    "tests/test_ops.py",
    "tests/test_plan.py",
    "tests/test_registry.py",
    "tests/batch/test_identity.py",
]
READING = [
    "tests/test_parameters.py",
    "tests/config/test_loader.py",
    "tests/config/test_schema.py",
]
VALUES = [
    "tests/test_values.py",
    "tests/config/test_slips.py",
    "tests/test_hostile_text.py::test_objects_made_of_others_are_checked_too",
    "tests/test_hostile_text.py::test_the_label_of_a_method_is_its_name",
    "tests/test_hostile_text.py::test_every_other_string_of_a_call",
]
RANKS = [
    f"tests/test_ranks.py::{name}"
    for name in (
        "test_networks_and_layers_sort",
        "test_what_windows_share_is_sorted_once",
        "test_the_smallest_network",
        "test_no_network_grows",
        "test_no_slot_is_taken_while_it_is_needed",
        "test_what_slots_and_short_rows_take",
        "test_a_network_of_few_operations_is_one_layer",
        "test_a_layer_goes_as_far_as_the_next_ones_read",
    )
]
FOOTPRINTS = [
    "tests/test_ranks.py::test_footprints",
    "tests/test_ranks.py::test_pixels_of_footprints",
    "tests/test_ranks.py::test_what_is_refused",
    "tests/test_ranks.py::test_what_is_as_large_as_can_be",
    "tests/test_ranks.py::test_footprints_as_a_schema",
    "tests/test_ranks.py::test_a_rank_is_one_of_its_places",
]
PLANS = [
    "tests/test_plan.py",
    *(
        f"tests/test_graph.py::test_{name}"
        for name in (
            "what_each_stage_reads",
            "the_part_that_makes_a_stage",
            "the_plan_of_a_graph",
            "a_stage_may_have_several_nodes",
            "extents_that_do_not_meet",
            "the_padding_that_is_said_makes_them_meet",
            "channels_that_do_not_meet",
            "other_numbers_of_channels_are_refused",
            "masks_stay_bool",
            "memory_of_images_between",
            "a_method_of_several_windows_has_one_halo_and_no_padding_of_its_own",
            "all_results_by_name",
            "branches_that_need_whole_images",
            "a_stage_that_rounds_does_so_before_the_next_one_whatever_else_is_a_result",
        )
    ),
]
COVERAGE = [
    f"tests/test_coverage.py::{name}"
    for name in (
        "TestPlan",
        "test_a_mix_counts_what_the_channels_do_that_it_reads",
        "test_ranges_hold_the_0_that_stands_where_nothing_counts",
        "TestJoins",
        "TestStatistics",
        "test_chains",
        "TestFlat",
        "TestForms",
    )
]
TESTS = {
    "geometry": ["tests/test_geometry.py", "tests/test_sampling.py"],
    "padding": ["tests/test_geometry.py"],
    **{
        f"stages.{name}": STAGES
        for name in ("blur", "contrast", "custom", "edge", "light", "point", "sharpen", "threshold")
    },
    "stages.denoise": [*STAGES, "tests/test_frame.py", "tests/test_bounds.py"],
    "stages.colorspaces": [*STAGES, "tests/test_references.py::test_the_generated_loop_gives_these_numbers"],
    "stages.color": [*STAGES, "tests/test_references.py::test_the_generated_loop_gives_these_numbers"],
    "stages.numbers": READING,
    "stages.parameters": READING,
    "stages.matrix": READING,
    "stages.slips": READING,
    "stages.elsewhere": ["tests/config/test_slips.py"],
    "interval": [
        "tests/test_interval.py",
        "tests/test_plan_ranges.py",
        "tests/test_expression.py::test_ranges_enclose_every_value",
    ],
    "sampling": ["tests/test_sampling.py"],
    "polyphase": ["tests/test_resample.py", "tests/test_demand.py", "tests/test_sampling.py"],
    "stages.resampling": ["tests/test_resample.py", NUMBERS],
    "ops.resample": ["tests/test_resample.py", "tests/test_plan_ranges.py", "tests/test_alpha.py"],
    **{
        f"plan.{name}": [
            "tests/test_plan.py",
            "tests/test_saturation.py",
            "tests/test_sampling.py",
            "tests/test_geometry.py",
        ]
        for name in ("costs", "model", "saturation", "stage")
    },
    "plan.make": [*PLANS, "tests/test_saturation.py", "tests/test_sampling.py", "tests/test_geometry.py"],
    "plan.ahead": ["tests/test_ahead.py"],
    "plan.rings": [
        "tests/test_rings.py",
        "tests/batch/test_budget.py::TestNeed",
        "tests/test_ranks.py::test_against_the_oracle_and_as_python",
        "tests/test_fusion.py::test_strips_overlap_only_where_they_are_narrower_than_the_image",
        "tests/test_bounds.py::test_strips",
        "tests/test_bounds.py::test_the_smallest_image",
    ],
    "plan.bands": [
        f"tests/test_bands.py::{name}"
        for name in (
            "test_rows_that_lack",
            "test_a_part_of_which_nothing_is_wanted",
            "test_results_of_other_heights_from_one_part",
            "test_large_kernels_and_what_needs_all",
            "test_a_band_reads_few_rows",
            "test_nothing_is_read_beside_it",
            "test_graphs",
        )
    ],
    "plan.cover": [*COVERAGE, "tests/test_coverage.py"],
    "plan.coverage": [*COVERAGE, "tests/test_coverage.py"],
    "plan.node": [*PLANS, "tests/test_demand.py"],
    "plan.demand": [
        "tests/test_demand.py",
        "tests/test_turn.py::test_demand_is_the_region_seen_from_the_other_side",
    ],
    "plan.join": [*PLANS, *COVERAGE],
    "plan.window": [
        *PLANS,
        "tests/test_crop.py::test_a_slice_that_an_image_does_not_have",
        "tests/test_pipeline.py::test_a_window_that_does_not_fit_names_its_stage",
        "tests/test_arithmetic.py::test_rows_are_of_the_narrowest_type_that_holds_them",
        "tests/test_arithmetic.py::test_a_plan_says_which_arithmetic_a_stage_has_and_why",
        *COVERAGE,
    ],
    "selection.network": RANKS,
    "selection.layers": RANKS,
    "stages.footprint": FOOTPRINTS,
    **{
        f"stages.{name}": [*FOOTPRINTS, "tests/test_stages.py::test_declaration_is_complete", NUMBERS]
        for name in ("rank", "morphology")
    },
    "ops.window": ["tests/test_ops.py", *FOOTPRINTS, NUMBERS],
    "stages.wiring": ["tests/test_graph.py", "tests/config/test_graph.py"],
    "stages.combine": [NUMBERS, "tests/test_graph.py", "tests/config/test_graph.py"],
    "stages.lowering": ["tests/test_graph.py", *STAGES],
    "stages.names": ["tests/test_graph.py", "tests/config/test_graph.py"],
    "ops.graph": ["tests/test_graph.py"],
    "plan.parts": [
        "tests/test_parts.py",
        *PLANS,
        "tests/test_fusion.py::test_thousands_of_stages_are_planned_and_cut_into_few_structures",
        "tests/test_fusion.py::test_a_reduction_splits_the_chain_and_only_there",
        "tests/test_sweep.py",
    ],
    "ranges": ["tests/test_plan_ranges.py", "tests/test_plan.py"],
    "expression": [
        "tests/test_expression.py::test_ranges_of_known_expressions",
        "tests/test_expression.py::test_what_is_no_expression_is_refused_where_it_stands",
        "tests/test_expression.py::test_names_that_source_cannot_hold",
        "tests/test_expression.py",
    ],
    "stages.base": ["tests/test_registry.py", *VALUES, *STAGES, *READING],
    "stages.entry": ["tests/test_registry.py", *VALUES, *STAGES, *READING],
    "batch.identity": ["tests/batch/test_identity.py"],
}
"""The tests of each module, quickest and likeliest first; beside them run the examples in its docstrings."""

COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip
OPERATORS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.Pow: ast.Mult, ast.And: ast.Or, ast.Or: ast.And, ast.USub: ast.UAdd,
    ast.BitOr: ast.BitAnd,
}  # fmt: skip


def changes(node):
    """Yield (what, change) for every change of `node`; `change` makes it, in place."""
    for at, op in enumerate(getattr(node, "ops", ())):
        other = COMPARISONS[type(op)]
        yield (
            f"{type(op).__name__} -> {other.__name__}",
            lambda n, at=at, other=other: n.ops.__setitem__(at, other()),
        )
    if type(op := getattr(node, "op", None)) in OPERATORS:
        other = OPERATORS[type(op)]
        yield f"{type(op).__name__} -> {other.__name__}", lambda n: setattr(n, "op", other())
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield "not the condition", lambda n: setattr(n, "test", ast.UnaryOp(ast.Not(), n.test))
    if isinstance(node, ast.Call) and len(node.args) > 1 and ordered(node):
        yield "arguments swapped", lambda n: n.args.__setitem__(slice(0, 2), n.args[1::-1])
    if isinstance(node, ast.Constant):
        for value in constants(node.value):
            yield f"{node.value!r} -> {value!r}", lambda n, value=value: setattr(n, "value", value)
    for block in ("body", "orelse"):
        statements = getattr(node, block, None)
        for at, statement in enumerate(statements if isinstance(statements, list) else ()):
            if removable(statement):
                what = f"without line {statement.lineno}"
                yield what, lambda n, b=block, at=at: getattr(n, b).__setitem__(at, ast.Pass())


def ordered(call):
    """Tell whether it matters which of the first two arguments comes first."""
    one, other = map(ast.dump, call.args[:2])
    return one != other and ast.unparse(call.func) not in ("max", "min", "maximum", "minimum")


def constants(value):
    """Yield other values in place of a constant: for text, if it is an expression, that with one change."""
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield value + 1
    elif isinstance(value, str) and any(sign in value for sign in "+-*/(<>"):
        with contextlib.suppress(SyntaxError):
            for tree, _, _ in mutants(value):
                yield ast.unparse(tree)


def removable(statement):
    is_call = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
    return is_call or isinstance(statement, ast.Raise | ast.AugAssign | ast.Continue | ast.Break)


def mutants(source):
    """Yield (tree, line, what) for every mutant of `source`."""
    places = [(at, node) for at, node in enumerate(ast.walk(ast.parse(source)))]
    skipped = set(map(id, quiet(places[0][1])))
    for at, node in places:
        if id(node) in skipped:
            continue
        for number, (what, _) in enumerate(changes(node)):
            tree = ast.parse(source)
            twin = list(ast.walk(tree))[at]
            list(changes(twin))[number][1](twin)
            yield ast.fix_missing_locations(tree), getattr(node, "lineno", 0), what


def quiet(tree):
    """Yield the nodes whose change no test is to notice: annotations, docstrings, words for a person."""
    for node in ast.walk(tree):
        parts = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        parts += [one for one in getattr(node, "decorator_list", ()) if "dataclass" in ast.unparse(one)]
        if isinstance(node, ast.JoinedStr | ast.Raise):
            parts += ast.iter_child_nodes(node)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            parts.append(node.value)
        if isinstance(node, ast.keyword) and node.arg in ("strict", "reference", "example"):
            parts.append(node.value)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            parts.append(node)
        if isinstance(node, ast.Assign) and "__all__" in ast.unparse(node.targets[0]):
            parts.append(node)
        for part in filter(None, parts):
            yield from ast.walk(part)


def noticed(copy, path, tests, seconds=SECONDS):
    """Run `tests`, and the examples of the module at `path`, in the tree `copy`; tell whether one fails."""
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(seconds)
            run_tests(copy, [str(path.relative_to(copy)), *tests])
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    _, status = os.waitpid(child, 0)
    return status != 0


def run_tests(copy, tests):
    """Be the process that runs the tests, to the first failure, and end."""
    import pytest

    out = os.open(copy / LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.chdir(copy)
    sys.path[:0] = [str(copy), str(copy / "tests")]
    options = [
        "-x",
        "-q",
        "--assert=plain",
        "-p",
        "no:cacheprovider",
        "--hypothesis-seed=0",
        "--hypothesis-profile=first",
        "--rootdir",
        str(copy),
    ]
    code = pytest.main([*options, *tests])
    os._exit(int(code))


def run(copy, module, every):
    """Print the mutants of `module` that survive; return (how many, of how many)."""
    path = copy / "convpipe" / f"{module.replace('.', '/')}.py"
    source = path.read_text()
    lines = source.splitlines()
    path.write_text(ast.unparse(ast.parse(source)))
    began = time.monotonic()
    if noticed(copy, path, TESTS[module]):
        raise SystemExit(f"{(copy / LOG).read_text()}\n{module}: its tests fail with no mutant")
    seconds = min(SECONDS, 20 + int(5 * (time.monotonic() - began)))
    survived, tried = 0, 0
    for number, (tree, line, what) in enumerate(mutants(source)):
        if number % every:
            continue
        path.write_text(ast.unparse(tree))
        tried += 1
        if not noticed(copy, path, TESTS[module], seconds):
            survived += 1
            print(f"{module}:{line}: {what}: {lines[line - 1].strip()}", flush=True)
    path.write_text(source)
    return survived, tried


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("modules", nargs="*", default=list(TESTS))
    parser.add_argument("--every", type=int, default=1, help="try every so many-th mutant")
    given = parser.parse_args()
    # The first example that fails will do: none smaller is sought.
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("first", phases=phases, database=None)
    for library in LIBRARIES:  # which every process that is forked then has
        importlib.import_module(library)
    sys.dont_write_bytecode = True
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("convpipe", "tests", "configs", "data", "docs"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("conftest.py", "pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, copy / name)
        for module in given.modules:
            began = time.monotonic()
            survived, tried = run(copy, module, given.every)
            print(f"{module}: {survived} of {tried} survived, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()

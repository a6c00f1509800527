"""Tables on a terminal: whole at any width, safe for any name."""

import io
import re

import pytest
from rich.console import Console

from convpipe.images import EXISTS
from convpipe.plan import make_plan
from convpipe.report import ImageResult, Report
from convpipe.report.planned import print_plan
from convpipe.report.terminal import SHOWN, print_report
from convpipe.stages import stage
from convpipe.stages.wiring import wire

LONG = "deep/" * 10 + "n" * 150 + ".png"


def shown(function, value, width=120, verbose=None, **options):
    stream = io.StringIO()
    extra = {} if verbose is None else {"verbose": verbose}
    function(value, Console(file=stream, width=width, highlight=False, **options), **extra)
    return stream.getvalue()


def column(text, start, end):
    """Join what stands between two columns of a table."""
    return "".join(line[start:end].strip() for line in text.splitlines())


def report(*results, **options):
    return Report("edges", results, seconds=0.5, threads=2, **options)


def done(path, size, **more):
    rows, cols = size
    stages = (("blur gaussian", size), ("edge sobel", (rows // 2, cols // 2)))
    return ImageResult(path, "done", input=size, stages=stages, **more)


def test_sizes_have_a_row_for_each_stage():
    text = shown(print_report, report(done("a", (480, 640)), done("b", (480, 640)), done("c", (8, 10))))
    cells = [line.split() for line in text.splitlines()]
    assert ["2", "480x640", "blur", "gaussian", "480x640"] in cells
    assert ["1", "8x10", "blur", "gaussian", "8x10"] in cells
    assert ["edge", "sobel", "240x320"] in cells
    assert ["edge", "sobel", "4x5"] in cells


@pytest.mark.parametrize("width", [80, 120])
def test_long_names_are_folded_not_cut(width):
    text = shown(print_report, report(ImageResult(LONG, "failed", "read", "the file is empty")), width)
    assert max(map(len, text.splitlines())) <= width
    table = text.split("─\n", 1)[1]
    end = re.search(r"  read", table).start()
    assert column(table, 0, end).startswith(LONG)
    assert "…" not in text


def test_names_and_reasons_cannot_reach_the_terminal_raw():
    name = "[red]a\nb\x1b[2J\udcff.png"
    result = ImageResult(name, "failed", "read", "bad \x07[/red]")
    text = shown(print_report, report(result, ImageResult("[b].png", "skipped", None, "a folder")), 120)
    assert r"[red]a\nb\x1b[2J\xff.png" in text
    assert r"bad \x07[/red]" in text
    assert "[b].png" in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
    text.encode()


def test_pipe_gets_no_colour_and_a_terminal_does():
    failed = report(ImageResult("a.png", "failed", "read", "empty"))
    assert "\x1b" not in shown(print_report, failed)
    assert "\x1b" in shown(print_report, failed, force_terminal=True, color_system="standard")


def test_counts_and_throughput():
    result = done("a.png", (1000, 500), pixels=500_000, bytes_read=2_000_000, bytes_written=3_000_000, nans=4)
    text = shown(print_report, report(result, ImageResult("b.png", "skipped", None, "a folder")))
    assert "edges: 2 images: 1 done, 0 failed, 1 skipped in 0.50 s, 2 at once on cpu\n" in text
    assert "0.5 megapixels read, 1 a second with compiling; 2 MB read, 3 MB written\n" in text
    assert "4 NaNs or missing samples became 0: integers hold neither\n" in text


def test_interrupted_and_not_started():
    assert "interrupted: 3 left undone" in shown(
        print_report, report(done("a", (4, 4)), interrupted=130, unfinished=3)
    )
    assert shown(print_report, Report("edges", error="no input")) == "edges: did not start: no input\n"


def test_notes_are_counted():
    notes = ("frames 2 to 9 are left out",)
    text = shown(print_report, report(*(done(name, (4, 4), notes=notes) for name in "abc")))
    assert ["3", *notes[0].split()] in [line.split() for line in text.splitlines()]


def test_long_tables_say_what_they_leave_out():
    failures = [ImageResult(f"{i}.png", "failed", "read", "empty") for i in range(SHOWN + 2)]
    text = shown(print_report, report(*failures))
    assert "and 2 more; --verbose lists them all" in text
    assert f" {SHOWN - 1}.png" in text
    assert f" {SHOWN}.png" not in text
    text = shown(print_report, report(*failures), verbose=True)
    assert f" {SHOWN + 1}.png" in text
    assert "more" not in text


def test_many_sizes_take_a_line_each_and_not_more_than_some():
    common = [done(f"x{i}", (90, 90)) for i in range(3)]
    sizes = report(*common, *(done(f"{i}", (4, 4 + i)) for i in range(23)))
    lines = shown(print_report, sizes).splitlines()
    assert len(lines) < 20
    rows = [line.split() for line in lines]
    assert rows[3] == ["3", "90x90", "45x45"]  # the commonest first, with the size of its results
    assert " and 16 more; --verbose shows every stage of all sizes" in lines
    assert not any("blur" in line for line in lines)
    text = shown(print_report, sizes, verbose=True)
    assert text.count("blur gaussian") == 24
    assert "4x26" in text


def test_results_that_exist_are_told_once():
    failed = [ImageResult(f"{i}.png", "failed", "write", EXISTS) for i in range(3)]
    text = shown(print_report, report(*failed, journal="out/journal"))
    assert text.count("exist") == 2
    assert "edges: 3 images: 0 done, 0 failed, 3 existing in" in text
    assert (
        "3 results exist already: --resume keeps what is right and does the rest, --overwrite replaces\n"
        in text
    )
    assert "names of results that are taken: 3; --overwrite" in shown(
        print_report, report(*failed, resumed=True)
    )
    assert shown(print_report, report(*failed), verbose=True).count(".png") == 3
    assert "3 results exist already: --overwrite replaces them\n" in shown(print_report, report(*failed))


def test_where_results_are_and_that_there_was_nothing_to_do():
    text = shown(print_report, report(done("a", (4, 4), bytes_written=1000), output="out/x"))
    assert "0.001 MB written to out/x\n" in text
    kept = report(done("a", (4, 4), bytes_written=1000, kept=True), output="out/x")
    text = shown(print_report, kept)
    assert "1 image: 1 kept from earlier runs, 0 written, 0 failed in 0.50 s" in text
    assert "\nthe results are in out/x\n" in text
    again = ImageResult("b", "failed", "read", "empty")
    lost = ImageResult(
        "c", "failed", "read", "lost", quarantined=True, kept=True
    )  # which no one sees as done
    text = shown(print_report, report(done("a", (4, 4), kept=True), again, lost, resumed=True))
    assert "3 images: 1 kept from earlier runs, 0 written, 2 failed in" in text
    assert "nothing" not in text


def test_files_of_no_format_are_counted_by_their_kind():
    files = report(done("a", (4, 4)), unsupported=("a.heic", "b.HEIC", "notes", "x/c.cr2"))
    text = shown(print_report, files)
    assert "4 files skipped, format not read: 2 .heic, 1 no extension, 1 .cr2\n" in text
    text = shown(print_report, files, verbose=True)
    assert "x/c.cr2" in text
    assert "format not read" in [line.strip() for line in text.splitlines()]  # no longer than its table


def plan():
    stages = [
        stage("blur", "gaussian", sigma=1.4),
        stage("custom", "sharpen", kernel=[[0, -1, 0], [-1, 5, -1], [0, -1, 0]], stride=2, padding=1),
    ]
    return make_plan(stages, (480, 641), channels=3)


@pytest.mark.parametrize("width", [80, 120])
def test_plan(width):
    text = shown(print_plan, plan(), width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    assert lines[0] == "480x641x3 uint8 -> 240x321x3 uint8, computed in float32"
    cells = [line.split() for line in lines]
    assert [
        "0",
        "blur",
        "gaussian",
        "480x641",
        "480x641",
        "6",
        "13x13",
        "0",
        "to",
        "255",
        "3.69",
        "48",
    ] in cells
    assert "floor((641 + 1 + 1 - 1*(3-1) - 1)/2) + 1 = 321" in text
    assert "floor((480 + 1 + 1 - 1*(3-1) - 1)/2) + 1 = 240" in text
    assert "unread" not in text  # what the floor leaves is padding
    assert plan().warnings
    assert "warning" not in text


def graph():
    stages = [
        stage("blur", "gaussian", sigma=1, name="a_name_that_is_long"),
        stage("blur", "gaussian", sigma=9, from_="input", name="background"),
        stage("combine", "difference of the two", formula="a_name_that_is_long - background", name="both"),
        stage("blur", "box", size=5, from_="background", name="other"),
        stage("combine", "all of them", formula="both * 3 - other"),
    ]
    wiring = wire(stages, {"first": "a_name_that_is_long", "second": "other"})
    return make_plan(wiring, (4096, 6144), channels=3, dtype="float32")


@pytest.mark.parametrize("width", [60, 70, 80, 100, 120, 160])
@pytest.mark.parametrize("make", [plan, graph])
def test_plans_fit_and_lose_nothing(make, width):
    text = shown(print_plan, make(), width)
    lines = text.splitlines()
    assert max(map(len, lines)) <= width
    for at, one in enumerate(make().stages):
        rows, _ = one.field
        said = [line for line in lines if re.match(rf"( [ *|+-]+)? {at}  ", line)]
        assert any("x".join(map(str, one.extent)) in line for line in said)
        assert any(re.search(rf"field {rows.reach}x|  {rows.reach}x", line) for line in said)
        assert any(f"{one.operations / 1e6:.3g}" in line for line in said)
    words = re.findall(r"[\w>]+", text)
    assert all(word in words for one in make().stages for word in one.name.split())


def test_lanes_go_on_beside_a_name_of_several_lines():
    lines = shown(print_plan, graph(), 52).splitlines()
    (at,) = (i for i, line in enumerate(lines) if re.match(r".*=> first", line))
    assert lines[at].startswith(" | | ")


def test_plan_says_what_a_floor_leaves_unread():
    valid = make_plan([stage("edge", "sobel", stride=2, padding="valid")], (480, 641))
    assert "floor((480 + 0 + 0 - 1*(3-1) - 1)/2) + 1 = 239  (1 unread)" in shown(print_plan, valid)
    assert valid.warnings == ["stage 0 (edge sobel): stride 2 leaves the last 1 rows unread"]


def test_plan_shows_uneven_halos():
    even = make_plan([stage("blur", "box", size=[2, 3])], (9, 9))
    above, below, left, right = (side for axis in even.stages[0].halo for side in axis)
    assert above != below
    assert f"{above},{below},{left},{right}" in shown(print_plan, even)


def test_warnings_are_said_once_and_whole():
    warning = "stage 0 (edge sobel): of uint8 images its values can be " + "0 to 765; " * 9
    text = shown(print_report, report(done("a", (4, 4)), done("b", (4, 4)), warnings=(warning,)))
    lines = text.split("warnings\n", 1)[1].split("\n\n", 1)[0]
    assert " ".join(lines.split()) == warning.strip()
    assert "─" not in lines
    assert all(line.startswith("  ") for line in lines.splitlines())


def test_where_each_of_several_results_is():
    places = (("soft", "out/soft\n"), ("result", "out"))
    text = shown(print_report, report(done("a", (4, 4)), output="out", outputs=places))
    assert "results of each image: soft in out/soft\\n, result in out\n" in text
    assert "each image" not in shown(
        print_report, report(done("a", (4, 4)), output="out", outputs=places[1:])
    )

"""Parts of the page that are drawn and bounded: the graph, bars, and the rows of the table."""

import re
import tracemalloc
from dataclasses import replace
from itertools import combinations

import pytest

from convpipe.drawing.flowchart import flowchart
from convpipe.drawing.layout import laid_out
from convpipe.report import ImageResult, Report, flow_of, stream, to_html
from convpipe.report.model import summary_parts
from convpipe.report.page.charts import bars
from convpipe.report.page.rows import chosen_of, table_of
from convpipe.report.stream import encoded, pieces_of
from convpipe.report.table import lines_of
from convpipe.stages import stage
from convpipe.stages.wiring import wire


def graph(rng, size):
    """Which stages each reads, at random; what nobody reads is read by the last."""
    reads = [tuple({int(each) for each in rng.integers(-1, at, 3)}) or (-1,) for at in range(size)]
    unread = set(range(size)) - {source for sources in reads for source in sources}
    return [*reads, tuple(unread)]


@pytest.mark.parametrize("size", [1, 2, 5, 9, 14])
def test_no_stage_covers_another_and_each_is_below_what_it_reads(rng, size):
    for _ in range(20):
        reads = graph(rng, size)
        drawn = laid_out(reads)
        spots = {id(spot): spot for _, _, path in drawn.edges for spot in path}.values()
        for one, other in combinations(spots, 2):
            if one.layer == other.layer:
                assert abs(one.x - other.x) > (one.wide + other.wide) / 2
        for source, target, path in drawn.edges:
            assert [spot.layer for spot in path] == list(range(path[0].layer, path[-1].layer + 1))
            assert (path[0].stage, path[-1].stage) == (source, target)
        assert {(source, target) for source, target, _ in drawn.edges} == {
            (source, at) for at, sources in enumerate(reads) for source in sources
        }
        assert all(drawn.left <= spot.x - spot.wide / 2 for spot in spots)
        assert all(spot.x + spot.wide / 2 <= drawn.right for spot in spots)


def test_the_graph_says_what_each_stage_is_told_and_what_passes():
    stages = [
        stage("blur", "gaussian", sigma=1.5, name="fine <1>"),
        stage("edge", "sobel", stride=2, from_="input", name="lines"),
        stage("combine", "sum", formula="lines * 2"),
    ]
    drawn = flowchart(flow_of(wire(stages[1:])), {-1: (480, 640), 0: (240, 320), 1: (240, 320)})
    assert re.findall(r'data-size="(-?\d)">([^<]*)<', drawn) == [
        ("-1", "480x640"),
        ("0", "240x320"),
        ("1", "240x320"),
    ]
    assert "lines: edge sobel, stride 2, from input" in drawn
    assert "lines reads image; combine sum reads lines; combine sum gives result" in drawn
    assert "fine &lt;1&gt;" in flowchart(flow_of(wire([stages[0]])), {})


def test_bars_beyond_what_is_held_are_marked():
    drawn = bars([3, 1, 0, 2], (-10, 30), "values", (0, 20))
    assert re.findall(r"<rect[^>]*?>", drawn)[0].endswith('class="beyond">')
    assert drawn.count('class="beyond"') == 2
    assert drawn.count('class="limit"') == 2
    assert [float(each) for each in re.findall(r'height="([\d.]+)"', drawn)] == pytest.approx(
        [68, 22.67, 45.33], abs=0.01
    )
    assert "beyond" not in bars([3, 1], (0, 1), "values")


def results_of(count, failed):
    return tuple(
        ImageResult(
            f"{at}.png",
            "failed" if at < failed else "done",
            reason="r",
            input=(4, 4),
            stages=(("s", (4, 4)),),
        )
        for at in range(count)
    )


@pytest.mark.parametrize("failed", [0, 5, 90, 900, 1000])
def test_of_many_images_those_that_failed_come_first(failed):
    report = Report("job", results_of(1000, failed))
    chosen = chosen_of(report, 100)
    assert len(chosen) == len(set(chosen)) == 100
    assert chosen == sorted(chosen)
    shown = sum(at < failed for at in chosen)
    assert shown == (100 if failed == 1000 else min(failed, 75))
    assert chosen_of(report, 1000) == list(range(1000))


def test_the_page_is_bounded_and_says_so(monkeypatch):
    from convpipe.report.page import document

    monkeypatch.setattr(document, "MOST_ROWS", 600)
    small, large = (to_html([Report("job", results_of(count, count // 2))]) for count in (600, 6000))
    assert "600 of 6000 images" in large
    assert "and 2800 images more, in report.json" in large
    assert len(large) < 1.2 * len(small)
    many = to_html([Report(f"job {at}", results_of(600, 0)) for at in range(3)])
    assert many.count("500 of 600 images") == 3


@pytest.mark.usefixtures("collector")
def test_files_of_very_many_images_are_never_in_memory_as_a_whole(monkeypatch):
    monkeypatch.setattr(stream, "BLOCK", 1 << 14)
    report = Report("job", tuple(replace(one, measures=((("m", 1.0),),)) for one in results_of(8_000, 10)))
    assert len(report.columns["m"]) == 8_000  # 8 bytes of each number stay, and are no part of this
    tracemalloc.start()
    for pieces in (lines_of([report]), pieces_of(summary_parts([report]))):
        tracemalloc.reset_peak()
        before, _ = tracemalloc.get_traced_memory()
        written = sum(map(len, encoded(pieces)))
        _, most = tracemalloc.get_traced_memory()
        assert most - before < written / 3
    tracemalloc.stop()


def test_rows_have_what_is_known_of_images():
    report = Report(
        "job", (ImageResult("a.png", "done", measures=((("m", 1.0),), (("m", float("nan")),)), nans=3),)
    )
    ((path, status, size, _, said, measures, *_),) = table_of(report, 10)["rows"]
    assert (path, status, size, measures) == ("a.png", "done", 0, [1.0])
    assert said == ["3 NaNs or missing samples became 0: integers hold neither"]

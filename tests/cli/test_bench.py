"""``bench``: what it prints and that its numbers agree; how long anything took is not asserted."""

import time

import numpy as np
import pytest

from convpipe import images
from convpipe.cli.timing import SAMPLE, copy_of, medians
from convpipe.compile.cpu.copy import parallel_copy

FIELDS = {
    "name",
    "shape",
    "dtype",
    "threads",
    "runs",
    "milliseconds",
    "copy_milliseconds",
    "megapixels_per_second",
    "gigabytes_per_second",
    "copy_fraction",
    "compile_seconds",
    "first_milliseconds",
}


def bench(convpipe, *arguments):
    return convpipe("bench", *arguments, "--runs", 1)


def test_the_numbers_agree(convpipe, job, document):
    config = job("- {blur: box, size: 3, stride: 2}")
    result = bench(convpipe, config, "--size", "60x40x3", "--threads", 2, "--json")
    assert result.exit_code == 0
    (timing,) = document(result)["jobs"]
    assert timing.keys() == FIELDS
    assert (timing["name"], timing["shape"], timing["dtype"], timing["threads"], timing["runs"]) == (
        "job",
        [60, 40, 3],
        "uint8",
        2,
        1,
    )
    seconds = timing["milliseconds"] / 1e3
    assert timing["megapixels_per_second"] == pytest.approx(60 * 40 / seconds / 1e6)
    assert timing["gigabytes_per_second"] == pytest.approx((60 * 40 + 30 * 20) * 3 / seconds / 1e9)
    assert timing["copy_fraction"] == pytest.approx(timing["copy_milliseconds"] / timing["milliseconds"])


def test_it_tells_whether_it_compiled(convpipe, job, document, tmp_path, monkeypatch):
    monkeypatch.setenv("CONVPIPE_CACHE_DIR", str(tmp_path / "loops"))
    # Weights that stand in no other test: a structure is compiled once a process.
    config = job("- {custom: bench, kernel: [[0, 0, 1, 0, 1]]}")
    first, second = (
        document(bench(convpipe, config, "--size", "9x9", "--threads", 1, "--json"))["jobs"][0]
        for _ in range(2)
    )
    assert 0 < first["compile_seconds"] * 1e3 <= first["first_milliseconds"]
    assert second["compile_seconds"] is None


def test_the_table_has_a_line_for_every_job(convpipe, here):
    (here / "jobs.yaml").write_text(
        'jobs:\n  - {name: "[red]one", stages: [{blur: box}]}\n  - {name: two, stages: [{blur: box}]}\n'
    )
    result = bench(convpipe, "jobs.yaml", "--size", "8x9", "--dtype", "float32", "--threads", 1)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].strip() == "8x9 float32, 1 thread"
    for word in ("MP/s", "GB/s", "of copy speed", "compiled in"):
        assert word in lines[1]
    assert [line.split()[0] for line in lines if "%" in line] == ["[red]one", "two"]


def test_an_image_of_ones_own(convpipe, here, job, document):
    images.write(here / "a.png", np.zeros((5, 7), np.uint8))
    (timing,) = document(bench(convpipe, job(), "--image", "a.png", "--json"))["jobs"]
    assert timing["shape"] == [5, 7]
    assert bench(convpipe, job(), "--image", "absent.png").exit_code == 1


def test_without_a_config(convpipe, document):
    (timing,) = document(bench(convpipe, "--size", "8x8", "--json"))["jobs"]
    assert timing["name"] == "blur, then sobel"


@pytest.mark.parametrize("arguments", [["--image", "a.png", "--size", "8x8"], ["--set", "stages.0.size=5"]])
def test_options_that_contradict(convpipe, arguments):
    result = bench(convpipe, *arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: ")


def test_medians_are_taken_in_turn():
    order = []
    medians([lambda: order.append("a"), lambda: order.append("b")], runs=3)
    samples = "".join(order).lstrip("a").lstrip("b")  # each is first called to see how long it takes
    assert [samples.count("ab"), samples.count("ba")] == [3, 2]


def test_a_budget_ends_the_samples_but_for_five():
    def calls(budget):
        made = []
        medians([lambda: time.sleep(made.append(1) or SAMPLE)], runs=9, budget=budget)
        return len(made) - 2  # to see how long it takes

    assert (calls(0), calls(60)) == (5, 9)


@pytest.mark.parametrize("words", [1, 2, 10, 1001])
@pytest.mark.parametrize("bands", [1, 3])
def test_parallel_copy(words, bands):
    source, target = np.arange(1, words + 1, dtype=np.uint64), np.zeros(words, np.uint64)
    parallel_copy(source, target, bands)
    assert (source == target).all()


@pytest.mark.parametrize("nbytes", [1, 80_000])
def test_copy_of(nbytes):
    copy_of(nbytes, 2)()

"""``convpipe plan``: sizes from numbers or from headers, no pixel read."""

import csv
import struct

import numpy as np
import pytest
import tifffile

from convpipe.images.formats.png import SIGNATURE, chunk


def plans(document):
    """Return the plans of the one job of a document."""
    (job,) = document["jobs"]
    return job["sizes"]


def test_size(convpipe, job, document):
    result = convpipe("plan", job("- {edge: sobel, stride: 2, padding: 0}"), "--size", "480x640x3", "--json")
    assert result.exit_code == 0
    (found,) = document(result)["jobs"]
    (plan,) = found["sizes"]
    assert (found["name"], found["images"]) == ("job", 0)
    assert (plan["input"], plan["channels"], plan["output"], plan["count"]) == ([480, 640], 3, [239, 319], 0)


def test_table(convpipe, job):
    result = convpipe("plan", job("- {edge: sobel, stride: 2, padding: 0}"), "--size", "480x640")
    assert "floor((480 + 0 + 0 - 1*(3-1) - 1)/2) + 1 = 239" in result.stdout
    assert "239x319" in result.stdout


def test_large_kernels_say_their_tiles_and_memory(convpipe, job, document):
    rows = [[(i * j + i * i + 3 * j * j) % 61 for j in range(40)] for i in range(40)]
    config = job(f"- {{custom: large, kernel: {rows}}}")
    shown = convpipe("plan", config, "--size", "1000x1000").stdout
    (plan,) = plans(document(convpipe("plan", config, "--size", "1000x1000", "--json")))
    tiles = plan["stages"][0]["tiles"]
    (rows, cols), share = tiles["extent"], tiles["share_of_loop"]
    shared, thread = (round(tiles[name] / 2**20) for name in ("shared_bytes", "thread_bytes"))
    assert (
        f"Fourier transforms in tiles of {rows} x {cols}: {share:.2g} of the work of the loop, "
        f"{shared} MiB and {thread} MiB a thread" in shown
    )
    assert 0 < share < 1
    assert all(2 * 40 <= side <= 1000 + 2 * 40 for side in (rows, cols))  # overlaps are less than half
    assert 0 < tiles["shared_bytes"] < 64 * 2**20
    assert rows * cols * 8 < tiles["thread_bytes"] < 64 * 2**20
    (plan,) = plans(document(convpipe("plan", config, "--size", "9x9", "--json")))
    assert plan["stages"][0]["tiles"] is None


def test_memory(convpipe, job, document):
    far = "{custom: far, kernel: [[0.5], [0.5]], dilation: [5000, 1]}"
    config = job(f"[{{blur: box}}, {{contrast: stretch}}, {far}]")
    size = ("--size", "6000x1000")
    (plan,) = plans(document(convpipe("plan", config, *size, "--json")))
    assert plan["shared_bytes"] == 6000 * 1000 * 4
    assert 5001 * 1000 * 4 < plan["thread_bytes"] < 5120 * 1000 * 4
    shown = convpipe("plan", config, *size).stdout
    assert shown.endswith("memory beside image and result: 24 MB and 20.4 MB a thread\n")


def test_warnings_are_no_results(convpipe, job):
    result = convpipe("plan", job("- {edge: sobel, stride: 2, padding: 0}"), "--size", "480x640")
    assert result.stderr.startswith("warning: ")
    assert "warning" not in result.stdout


def test_folder_is_planned_once_a_size(convpipe, photos, job, document):
    found = plans(document(convpipe("plan", job("- {edge: sobel, stride: 2}"), "--json")))
    assert [(plan["input"], plan["count"], plan["output"]) for plan in found] == [
        ([5, 4], 1, [3, 2]),
        ([8, 9], 2, [4, 5]),
    ]


def test_folder_given(convpipe, photos, job, document):
    config = job(head="name: bare")
    assert convpipe("plan", config).exit_code == 2
    assert len(plans(document(convpipe("plan", config, photos, "--json")))) == 2


def hollow(rows, cols):
    """Return a PNG whose header is whole and whose pixels are none."""
    header = struct.pack(">IIBBBBB", cols, rows, 8, 0, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", b"no zlib stream"), (b"IEND", b"")
    return SIGNATURE + b"".join(chunk(name, data) for name, data in parts)


def test_no_pixel_is_decoded(convpipe, job, here, document):
    (here / "photos").mkdir()
    (here / "photos" / "hollow.png").write_bytes(hollow(3000, 2000))
    (plan,) = plans(document(convpipe("plan", job(), "--json")))
    assert (plan["input"], plan["count"]) == ([3000, 2000], 1)
    assert convpipe("run", job(), "--quiet").exit_code == 1  # its pixels are indeed not there


def test_an_image_that_cannot_be_planned_does_not_stop_the_rest(convpipe, photos, job, document):
    (photos / "x\x1b.png").write_bytes(b"no image")
    result = convpipe("plan", job("- {blur: box, size: 5, padding: valid}"), "--json")
    assert result.exit_code == 1
    (found,) = document(result)["jobs"]
    assert [plan["input"] for plan in found["sizes"]] == [[8, 9]]
    assert (found["images"], found["failed"]) == (4, 2)
    assert [(failure["path"], failure["stage"]) for failure in found["failures"]] == [
        ("x\x1b.png", "read"),
        ("more/c.png", "blur box"),
    ]
    assert found["failures"][1]["reason"].startswith("stage 0 (blur box): its window spans 5 columns")
    assert "error: 'x\\x1b.png': " in result.stderr
    assert "job: 5x4 uint8: stage 0 (blur box): its window spans 5 columns" in result.stderr


def test_a_size_that_does_not_fit(convpipe, job, document):
    result = convpipe("plan", job("- {blur: box, size: 5, padding: valid}"), "--size", "3x9", "--json")
    assert result.exit_code == document(result)["exit_code"] == 2
    assert "its window spans 5 rows" in result.stderr
    (failure,) = document(result)["jobs"][0]["failures"]
    assert (failure["path"], failure["stage"]) == (None, "blur box")


def test_infinite_ranges_are_json(convpipe, job, document):
    stage = "- {color: gray}" + "\n  - {custom: big, kernel: [[3e38]]}" * 9
    (plan,) = plans(document(convpipe("plan", job(stage), "--size", "9x9x3", "--json")))
    assert plan["stages"][-1]["range"][1] is None


@pytest.mark.parametrize(
    "options",
    [
        ["--size", "480"],
        ["--size", "0x4"],
        ["--size", "-1x4"],
        ["--size", "4x4x4x4"],
        ["--size", "4x" + "9" * 5000],
        ["--size", "4x4", "--dtype", "foo"],
        ["photos", "--size", "4x4"],
    ],
)
def test_usage(convpipe, photos, job, options):
    result = convpipe("plan", job(), *options)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage: convpipe plan" in result.stderr


class TestMemory:
    HEAD = "output: {path: out, format: tiff}\nborder: reflect"

    def told(self, result):
        return [line for line in result.stdout.splitlines() if line.startswith("memory: ")]

    def test_what_fits_is_told_where_it_is_asked(self, convpipe, job, document):
        config = job(head=self.HEAD)
        assert self.told(convpipe("plan", config, "--size", "480x640")) == []
        (line,) = self.told(convpipe("plan", config, "--size", "480x640", "--memory", "2GB"))
        assert line == "memory: about 0.922 MB, of 2 GB that images may take"
        (plan,) = plans(document(convpipe("plan", config, "--size", "480x640", "--memory", "2GB", "--json")))
        assert plan["memory"]["streamed"] is None

    def test_sizes_and_their_memory(self, convpipe, job, document):
        config = job(head="output: {path: out, format: tiff, pyramid: true, smallest: 600, codec: zstd}")
        asked = ("plan", config, "--size", "4000x3001x3", "--memory", "64MB")
        (line,) = (each for each in convpipe(*asked).stdout.splitlines() if each.startswith("sizes of "))
        assert line == (
            "sizes of result: 4000x3001, 2000x1500, 1000x750, 500x375; the smaller ones 11.8 MB of pixels"
        )
        (plan,) = plans(document(convpipe(*asked, "--json")))
        (levels,) = plan["levels"]
        assert levels["extents"][1:] == [[2000, 1500], [1000, 750], [500, 375]]
        assert levels["bytes"] == 3 * (2000 * 1500 + 1000 * 750 + 500 * 375)
        plain = job(head="output: {path: out, format: tiff, codec: zstd}")
        (other,) = plans(document(convpipe("plan", plain, *asked[2:], "--json")))
        assert "levels" not in other
        assert plan["memory"]["whole_bytes"] > other["memory"]["whole_bytes"]
        assert plan["memory"]["streamed"] != other["memory"]["streamed"]

    def test_bands_and_passes_of_what_does_not(self, convpipe, job, document):
        config = job("- {threshold: otsu}", head=self.HEAD)
        asked = ("plan", config, "--size", "100000x100000", "--memory", "400MB")
        (line,) = self.told(convpipe(*asked))
        (plan,) = plans(document(convpipe(*asked, "--json")))
        found = plan["memory"]["streamed"]
        assert found["bytes"] <= plan["memory"]["most_bytes"] == 400_000_000
        assert found["bands"] == -(-100_000 // found["rows"])
        assert found["passes"] == 2
        assert (
            f"streamed in {found['bands']} bands of {found['rows']} rows on {found['threads']} thread" in line
        )
        assert line.endswith(", after 1 pass for numbers of the whole image")

    def test_why_it_cannot_be_streamed(self, convpipe, job, document):
        config = job("- {geometry: rotate90}", head=self.HEAD)
        asked = ("plan", config, "--size", "9000x9000", "--memory", "30MB")
        (line,) = self.told(convpipe(*asked))
        assert "and it cannot be streamed: stage 0 (geometry rotate90) needs the whole image" in line
        (plan,) = plans(document(convpipe(*asked, "--json")))
        assert "needs the whole image" in plan["memory"]["reason"]

    def test_a_file_says_how_its_rows_are_decoded(self, convpipe, job, here, document, rng):
        pixels = rng.integers(0, 256, (1200, 700), dtype=np.uint8)
        found = []
        for side in (16, 512):
            tifffile.imwrite(here / "a.tif", pixels, tile=(side, side))
            asked = ("plan", job(head=self.HEAD + "\ninput: a.tif"), "--memory", "3MB", "--json")
            (plan,) = plans(document(convpipe(*asked)))
            found.append(plan["memory"]["streamed"]["bytes"])
        assert found[0] < found[1]

    def test_a_run_writes_sizes_by_a_codec(self, convpipe, job, here, document, rng):
        tifffile.imwrite(here / "a.tif", rng.integers(0, 256, (300, 200), dtype=np.uint8))
        said = "codec: zstd, compression: 22, pyramid: true, smallest: 100"
        config = job(head=f"input: a.tif\noutput: {{path: out, {said}}}")
        assert convpipe("run", config).exit_code == 0
        with tifffile.TiffFile(here / "out" / "a.tif") as file:
            assert [level.shape for level in file.series[0].levels] == [(300, 200), (150, 100), (75, 50)]
            assert file.pages[0].compression == tifffile.COMPRESSION.ZSTD

    def test_its_report_is_that_of_a_whole_one(self, convpipe, job, here, rng):
        """But for times, for its picture, which would take the whole image, and for where it went."""
        (here / "in").mkdir()
        tifffile.imwrite(
            here / "in" / "a.tif", rng.integers(0, 256, (1300, 800), dtype=np.uint8), tile=(64, 64)
        )
        hidden = rng.random((1300, 800)) < 0.5
        tifffile.imwrite(here / "mask.tif", hidden.astype(np.uint8), tile=(64, 64))
        found, contents = [], []
        for memory, samples in (("4MB", 1), ("1GB", 0)):
            head = f"input: in\nmask: mask.tif\noutput: {{path: {memory}, tiles: 64}}"
            asked = ("run", job(head=head), "--memory", memory, "--report", f"r{memory}")
            asked += ("--samples", samples)
            assert convpipe(*asked).exit_code == 0
            with (here / f"r{memory}" / "report.csv").open(newline="") as file:
                found += csv.DictReader(file)
            contents.append((here / memory / "a.tif").read_bytes())
        assert all(float(row["read_seconds"]) > 0 and float(row["filter_seconds"]) > 0 for row in found)
        one, other = (
            {key: value for key, value in row.items() if not key.endswith("seconds")} for row in found
        )
        assert one == other
        assert (one["status"], int(one["nans"]) > 0) == ("done", True)
        assert contents[0] == contents[1]
        assert "it takes 1.04 MB, and up to 1 MB are shown" in (here / "r4MB" / "report.html").read_text()

    def test_a_run_does_so(self, convpipe, job, here, document, rng):
        tifffile.imwrite(here / "a.tif", rng.integers(0, 256, (1200, 700), dtype=np.uint8), tile=(64, 64))
        result = convpipe("run", job(head=self.HEAD + "\ninput: a.tif"), "--memory", "3.5MB", "--json")
        (one,) = document(result)["jobs"]
        assert (result.exit_code, one["done"]) == (0, 1)
        assert "larger than the memory: written in tiles of 256" in result.stdout


def test_a_job_that_cannot_be_planned_does_not_stop_the_others(convpipe, photos, here, document):
    (here / "jobs.yaml").write_text(
        "jobs:\n"
        "  - {name: lost, input: absent, stages: [{edge: sobel}]}\n"
        "  - {name: bare, stages: [{edge: sobel}]}\n"
        "  - {name: slip, input: photos, stages: [{edge: sobell}]}\n"
        "  - {name: good, input: photos, stages: [{edge: sobel}]}\n"
    )
    result = convpipe("plan", "jobs.yaml")
    assert result.exit_code == 2
    assert result.stdout.count("good: ") == 2
    first, second, third = (line for line in result.stderr.splitlines() if line.startswith("error: "))
    assert first.startswith("error: lost: the input 'absent' cannot be opened")
    assert second == "error: bare: it has no input path; give --size, or a folder of images"
    assert third.startswith("error: jobs.yaml:4:49: unknown edge method 'sobell'")
    jobs = document(convpipe("plan", "jobs.yaml", "--json"))["jobs"]
    assert [(job["name"], len(job["sizes"]), job["error"] is None) for job in jobs] == [
        ("lost", 0, False),
        ("bare", 0, False),
        ("jobs.yaml", 0, False),
        ("good", 2, True),
    ]


def test_lines_have_the_width_that_is_asked_for_and_no_blanks_at_their_end(convpipe, job, monkeypatch):
    wide = convpipe("plan", job(), "--size", "480x640").stdout
    monkeypatch.setenv("COLUMNS", "60")
    narrow = convpipe("plan", job(), "--size", "480x640").stdout
    assert max(map(len, narrow.splitlines())) <= 60 < max(map(len, wide.splitlines()))
    for line in (wide + narrow).splitlines():
        assert line == line.rstrip()

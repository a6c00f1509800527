"""Images that take more memory than they may are filtered band by band, and told of as all others are."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
import tifffile

from convpipe import Pipeline, stage
from convpipe.batch import JOURNAL, streamed, work
from convpipe.batch.budget import Need
from convpipe.batch.encode import pixel_bytes
from convpipe.batch.rows import RowsResult
from convpipe.images import Encoding, read, read_pages, write

CHAIN = [stage("blur", "gaussian", sigma=1.4, name="soft"), stage("edge", "sobel")]
LEVEL = stage("threshold", "fixed", level=100)
MEMORY, MORE, ENOUGH = 2_500_000, 3_600_000, 1 << 30
TILED = {"tiles": 64, "compression": 6}


@pytest.fixture
def image(rng):
    return rng.integers(0, 256, (1100, 700), dtype=np.uint8)


@pytest.fixture
def saved(tmp_path):
    """Return a function that writes a TIFF of tiles below ``in``."""

    def saved(*pages, name="a.tif", **options):
        (tmp_path / "in").mkdir(exist_ok=True)
        with tifffile.TiffWriter(tmp_path / "in" / name) as file:
            for page in pages:
                file.write(page, tile=(64, 64), compression="zlib", metadata=None, **options)
        return tmp_path / "in" / name

    return saved


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a pipeline on that folder; of one image it returns what became of it."""

    def run(stages=CHAIN, output="out", memory=MEMORY, pipeline=None, **options):
        pipeline = pipeline or Pipeline(stages)
        report = pipeline.run_folder(
            tmp_path / "in", tmp_path / output, **{"memory": memory, **TILED, **options}
        )
        (result,) = report.results
        return result

    return run


@pytest.fixture
def bands(monkeypatch):
    """Return a list that gets the bands of each page that is streamed."""
    found = []

    def watched(*given, **options):
        found.append(streamed_banded(*given, **options))
        return found[-1]

    streamed_banded = streamed.banded
    monkeypatch.setattr(streamed, "banded", watched)
    return found


TIMED = {"seconds": 0.0, "steps": None}


def test_bytes_and_record_do_not_depend_on_memory(run, saved, image, tmp_path, bands):
    saved(image, resolution=(300, 200))
    found = [run(output=str(memory), memory=memory) for memory in (MEMORY, MORE, ENOUGH)]
    assert [len(each) > 1 for each in bands] == [True, True]
    assert bands[0].nbytes <= MEMORY
    assert bands[0].height != bands[1].height
    first, second, whole = (replace(each, **TIMED) for each in found)
    assert first == second == whole
    assert whole.status == "done"
    contents = {(tmp_path / str(memory) / "a.tif").read_bytes() for memory in (MEMORY, MORE, ENOUGH)}
    assert len(contents) == 1
    written = read(tmp_path / str(MEMORY) / "a.tif")
    np.testing.assert_array_equal(written.pixels, Pipeline(CHAIN)(image))
    assert written.metadata.resolution == (300, 200)
    assert sum(found[0].steps) == pytest.approx(found[0].seconds, abs=1e-4)
    assert min(found[0].steps) > 0


def test_without_tiles_it_gets_some_and_says_so(run, saved, image, tmp_path):
    saved(image)
    result = run(tiles=None, compression=None, memory=MORE)
    assert result.notes == ("larger than the memory: written in tiles of 256",)
    with tifffile.TiffFile(tmp_path / "out" / "a.tif") as file:
        assert file.pages[0].tilewidth == 256
    np.testing.assert_array_equal(read(tmp_path / "out" / "a.tif").pixels, Pipeline(CHAIN)(image))


def test_large_images_go_in_bands_into_tiles_though_they_fit(run, saved, image, bands, monkeypatch):
    saved(image)
    monkeypatch.setattr(streamed, "LARGE", 1000)
    assert run(memory=ENOUGH).status == "done"
    assert len(bands) == 1
    assert run(memory=ENOUGH, output="strips", tiles=None).status == "done"
    turned = run([stage("geometry", "rotate90")], memory=ENOUGH, output="turned")
    assert turned.status == "done"
    assert len(bands) == 1


SIZED = {"pyramid": True, "smallest": 100, "codec": "lzw", "compression": None}


class TestSizes:
    """Results in smaller sizes, and by a codec."""

    def test_bytes_and_record_do_not_depend_on_memory(self, run, saved, image, tmp_path, bands):
        saved(image, resolution=(300, 200))
        first, whole = (run(output=str(memory), memory=memory, **SIZED) for memory in (MORE, ENOUGH))
        assert replace(first, **TIMED) == replace(whole, **TIMED)
        assert [len(each) > 1 for each in bands] == [True]
        one, other = (tmp_path / str(memory) / "a.tif" for memory in (MORE, ENOUGH))
        assert one.read_bytes() == other.read_bytes()
        expected = [Pipeline(CHAIN)(image)]
        for _ in range(4):
            expected.append(Pipeline([stage("geometry", "bin", factor=2)])(expected[-1]))
        with tifffile.TiffFile(one) as file:
            assert file.pages[0].compression == tifffile.COMPRESSION.LZW
            for at, (level, made) in enumerate(zip(file.series[0].levels, expected, strict=True)):
                np.testing.assert_array_equal(level.asarray(), made)
                assert level.keyframe.get_resolution("inch") == (300 / 2**at, 200 / 2**at)

    @pytest.mark.parametrize("apart", [False, True])
    def test_of_pages(self, run, saved, image, tmp_path, apart):
        saved(image, image[:600])
        options = {**SIZED, **({"output_pages": "files"} if apart else {})}
        first, whole = (run(output=str(memory), memory=memory, **options) for memory in (MORE, ENOUGH))
        assert replace(first, **TIMED) == replace(whole, **TIMED)
        files = sorted((tmp_path / str(MORE)).glob("*.tif"))
        assert len(files) == (2 if apart else 1)
        for file in files:
            assert file.read_bytes() == (tmp_path / str(ENOUGH) / file.name).read_bytes()
        with tifffile.TiffFile(files[-1]) as file:
            assert [page.shape for page in file.pages[-1].pages] == [(300, 350), (150, 175), (75, 87)]

    def test_of_what_needs_the_whole_image(self, run, saved, image, tmp_path):
        saved(image)
        assert run([stage("geometry", "rotate90")], memory=ENOUGH, **SIZED).status == "done"
        with tifffile.TiffFile(tmp_path / "out" / "a.tif") as file:
            sizes = [level.shape for level in file.series[0].levels]
        assert sizes == [(700, 1100), (350, 550), (175, 275), (87, 137), (43, 68)]

    def test_one_result_may_have_none(self, run, saved, image, tmp_path):
        saved(image)
        pipeline = Pipeline(CHAIN, outputs={"soft": "soft"})
        own = {"soft": {"pyramid": False, "codec": "zstd"}}
        assert run(pipeline=pipeline, outputs=own, memory=ENOUGH, **SIZED).status == "done"
        with tifffile.TiffFile(tmp_path / "out" / "soft" / "a.tif") as file:
            assert len(file.series[0].levels) == 1
            assert file.pages[0].compression == tifffile.COMPRESSION.ZSTD

    def test_a_codec_alone_is_of_tiles(self, run, saved, image, tmp_path):
        saved(image)
        for memory in (MORE, ENOUGH):
            result = run(output=str(memory), memory=memory, tiles=None, codec="deflate", compression=1)
            assert result.notes == ()
        one, other = (tmp_path / str(memory) / "a.tif" for memory in (MORE, ENOUGH))
        assert one.read_bytes() == other.read_bytes()
        with tifffile.TiffFile(one) as file:
            assert file.pages[0].tilewidth == 256

    @pytest.mark.parametrize(
        ("options", "reason"),
        [
            ({"format": "png"}, "png holds an image in one size; tiff or zarr holds a pyramid"),
            ({"channels": "pages"}, "'channels: pages' is of strips"),
            ({"compression": 3}, "lzw has no compression; leave it out"),
            ({"codec": "zstd", "compression": 23}, "compression of zstd is 0 to 22, not 23"),
            ({"codec": "gzip"}, "unknown codec 'gzip'"),
            ({"pyramid": None}, "smallest is of the sizes that 'pyramid: true' makes"),
        ],
    )
    def test_what_cannot_be_is_refused(self, run, saved, image, tmp_path, options, reason):
        saved(image)
        result = run(memory=ENOUGH, **{**SIZED, **options})
        assert (result.status, result.stage) == ("failed", "write")
        assert reason in result.reason
        assert [path.name for path in (tmp_path / "out").iterdir()] == [JOURNAL]

    def test_memory_counts_them(self):
        plan = Pipeline(CHAIN).plan((4000, 3000))
        plain, sized = ([Encoding("tiff", pyramid=each)] for each in (None, True))
        assert pixel_bytes(plan, plain) == [0]
        needs = [Need.of(0, [plan], threads=1, encoders=pixel_bytes(plan, each)) for each in (plain, sized)]
        assert needs[1].writing - needs[0].writing == 4000 * 3000


class TestPages:
    @pytest.fixture
    def pages(self, image):
        return [image, image[::-1] // 2, image[:300]]

    @pytest.mark.parametrize("apart", [False, True])
    def test_one_by_one(self, run, saved, pages, tmp_path, apart):
        saved(*pages)
        options = {"output_pages": "files"} if apart else {}
        first, whole = (run(output=str(memory), memory=memory, **options) for memory in (MEMORY, ENOUGH))
        assert replace(first, **TIMED) == replace(whole, **TIMED)
        assert (first.status, first.pages) == ("done", 3)
        files = sorted((tmp_path / str(MEMORY)).glob("*.tif"))
        found = [page.pixels for file in files for page in read_pages(file)]
        assert len(files) == (3 if apart else 1)
        for page, made in zip(pages, found, strict=True):
            np.testing.assert_array_equal(made, Pipeline(CHAIN)(page))
        for file in files:
            assert file.read_bytes() == (tmp_path / str(ENOUGH) / file.name).read_bytes()

    def test_the_images_of_a_folder(self, run, saved, image, tmp_path):
        for number in range(3):
            saved(image // (number + 1), name=f"s{number}.tif")
        assert run(stack="folder").pages == 3
        (file,) = (tmp_path / "out").glob("*.tif")
        found = [page.pixels for page in read_pages(file)]
        for number, made in enumerate(found):
            np.testing.assert_array_equal(made, Pipeline(CHAIN)(image // (number + 1)))


def test_several_results(run, saved, image, tmp_path):
    saved(image)
    pipeline = Pipeline(CHAIN, outputs={"soft": "soft"})
    options = {"pipeline": pipeline, "outputs": {"soft": {"format": "npy"}}}
    first, whole = (run(output=str(memory), memory=memory, **options) for memory in (4_000_000, ENOUGH))
    assert replace(first, **TIMED) == replace(whole, **TIMED)
    for name in ("a.tif", "soft/a.npy"):
        one, other = (tmp_path / str(memory) / name for memory in (4_000_000, ENOUGH))
        assert one.read_bytes() == other.read_bytes()


def test_what_is_lost_and_what_a_mask_hides(run, saved, image, tmp_path):
    holed = image.astype("f4")
    holed[::7, ::5] = np.nan
    saved(holed)
    mask = tmp_path / "mask.tif"
    tifffile.imwrite(mask, (image > 9).astype("u1"), tile=(32, 32))
    stages = [stage("blur", "box", size=3, dtype="uint8"), stage("edge", "sobel")]
    for options in ({}, {"mask": mask}):
        first, whole = (
            run(stages, f"{memory} {len(options)}", memory, **options) for memory in (6_000_000, ENOUGH)
        )
        assert replace(first, **TIMED) == replace(whole, **TIMED)
        assert first.nans > 0
        assert (first.mask_hash is None) == (not options)


class TestJournal:
    def test_resume_keeps_what_is_done(self, run, saved, image, tmp_path, bands):
        saved(image)
        run()
        assert run(resume=True).kept
        assert len(bands) == 1
        (record,) = [json.loads(line) for line in (tmp_path / "out" / JOURNAL).read_text().splitlines()][1:2]
        assert "output_hash" in json.dumps(record)

    def test_a_result_without_its_record_is_made_again_and_stays(self, run, saved, image, tmp_path):
        saved(image)
        run()
        file = tmp_path / "out" / "a.tif"
        before = file.stat()
        (tmp_path / "out" / JOURNAL).unlink()
        assert run(resume=True).status == "done"
        assert file.stat().st_ino == before.st_ino
        file.write_bytes(b"another")
        (tmp_path / "out" / JOURNAL).unlink()
        assert "the output exists" in run(resume=True).reason
        assert file.read_bytes() == b"another"

    def test_half_an_image_leaves_nothing_and_is_done_again(self, run, saved, image, tmp_path, monkeypatch):
        saved(image)
        taken = RowsResult.add

        def stopping(result, rows, told=[]):  # noqa: B006 - counts calls
            taken(result, rows)
            told.append(len(rows))
            if len(told) == 3:
                held[0].stop.set()

        held, giant_of = [], work.giant_of
        monkeypatch.setattr(work, "giant_of", lambda *given: held.append(given[0]) or giant_of(*given))
        monkeypatch.setattr(RowsResult, "add", stopping)
        pipeline = Pipeline(CHAIN)
        report = pipeline.run_folder(tmp_path / "in", tmp_path / "out", memory=MEMORY, **TILED)
        assert (report.results, report.unfinished) == ((), 1)
        assert [path.name for path in (tmp_path / "out").iterdir()] == [JOURNAL]
        monkeypatch.setattr(RowsResult, "add", taken)
        assert run(resume=True).status == "done"

    def test_damage_fails_the_image_alone(self, run, saved, image, tmp_path):
        path = saved(image)
        with tifffile.TiffFile(path) as file:
            at, count = file.pages[0].dataoffsets[-1], file.pages[0].databytecounts[-1]
        content = bytearray(path.read_bytes())
        content[at : at + count] = bytes(count)
        path.write_bytes(content)
        result = run()
        assert (result.status, result.stage) == ("failed", "read")
        assert "damaged" in result.reason
        assert [path.name for path in (tmp_path / "out").iterdir()] == [JOURNAL]


class TestRefused:
    @pytest.mark.parametrize(
        ("stages", "options", "stage", "reason"),
        [
            (
                [stage("geometry", "rotate90", name="turn")],
                {},
                "turn",
                "turn.* needs the whole image.*--memory",
            ),
            ([stage("threshold", "li", name="level")], {}, "level", "of all of them together.*--memory"),
            ([stage("projection", "mean")], {}, "projection mean", "reads several pages of a stack"),
            (CHAIN, {"isolate": True}, "plan", "--isolate"),
            (CHAIN, {"format": "bmp", "tiles": None}, "plan", "bmp is encoded as a whole.*format: tiff"),
            (CHAIN, {"channels": "pages"}, "plan", "channels: pages"),
            ([LEVEL], {"compression": "group4", "tiles": None}, "plan", "group4 is of strips"),
            (CHAIN, {"memory": 100_000}, "plan", r"bands of 16 rows.*--memory"),
        ],
    )
    def test_by_the_name_of_what_needs_the_whole(self, run, saved, image, stages, options, stage, reason):
        saved((image / 3).astype("f4") if stage == "level" else image)
        result = run(stages, **{"memory": 6_000_000 if stage == "level" else MEMORY, **options})
        assert (result.status, result.stage) == ("failed", stage)
        assert re.search(reason, result.reason), result.reason
        assert stage == "level" or "it takes about" in result.reason

    def test_measures(self, run, saved, image):
        saved(image)
        result = run(pipeline=Pipeline(CHAIN, measure={"level": "mean(result)"}))
        assert "measures are of whole images" in result.reason

    def test_an_input_that_is_decoded_as_a_whole(self, run, image, tmp_path):
        (tmp_path / "in").mkdir()
        write(tmp_path / "in" / "a.bmp", image)
        result = run(format="tiff")
        assert "bmp is decoded as a whole" in result.reason

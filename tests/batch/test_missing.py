"""Missing data of files: what a file says of it, and masks in a folder of their own."""

import json
import shutil

import numpy as np
import pytest
import tifffile
from click.testing import CliRunner

from convpipe import Pipeline, images, stage
from convpipe.batch import JOURNAL
from convpipe.cli import main
from convpipe.errors import JobError
from convpipe.images import read

GAUSSIAN = stage("blur", "gaussian", sigma=1)
NODATA = 42113


def save(path, pixels, nodata=None):
    """Write a TIFF that says which value is no data, as GDAL does."""
    tags = [] if nodata is None else [(NODATA, 2, 0, nodata, True)]
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, pixels, extratags=tags, metadata=None, photometric="minisblack")


@pytest.fixture
def holed(rng):
    """An image with holes, and where they are not."""
    shown = rng.random((20, 23)) > 0.2
    shown[4:14, 5:15] = False
    return rng.integers(1, 200, (20, 23)).astype(np.float32), shown


class TestFile:
    """``missing: file`` takes the value that a file says is no data."""

    @pytest.mark.parametrize(
        "text", [b"-9999", b"nan", b"-3.4028234663852886e+38", b"-1.7976931348623157e+308"]
    )
    def test_its_value_is_missing_and_stays_its_tag(self, text, holed, source, tmp_path):
        pixels, shown = holed
        value = np.float32(max(float(text), -3.4028234663852886e38)) if text != b"nan" else np.float32("nan")
        save(source / "a.tif", np.where(shown, pixels, value), text)
        report = Pipeline([GAUSSIAN], missing="file").run_folder(source, tmp_path / "out")
        assert report.done == 1
        assert report.results[0].notes == ()
        want = Pipeline([GAUSSIAN], missing="nan")(np.where(shown, pixels, np.nan).astype(np.float32))
        result = read(tmp_path / "out" / "a.tif").pixels
        np.testing.assert_array_equal(result, np.where(np.isnan(want), value, want))
        with tifffile.TiffFile(tmp_path / "out" / "a.tif") as file:
            assert file.pages.first.tags.valueof(NODATA) == text.decode()

    def test_files_have_values_of_their_own(self, holed, source, tmp_path):
        pixels, shown = holed
        whole = pixels.astype(np.uint8)
        for name, value in (("a", 0), ("b", 255)):
            save(source / f"{name}.tif", np.where(shown, whole, value).astype(np.uint8), str(value).encode())
        assert Pipeline([GAUSSIAN], missing="file").run_folder(source, tmp_path / "out").done == 2
        one, other = (read(tmp_path / "out" / f"{name}.tif").pixels for name in "ab")
        np.testing.assert_array_equal(np.where(one == 0, 255, one), other)
        assert ((one == 0) & (other == 255)).any()

    def test_a_file_that_says_nothing_has_nothing_missing_and_a_note(self, holed, source, tmp_path):
        save(source / "a.tif", holed[0])
        save(source / "b.tif", holed[0], b"a word")
        report = Pipeline([GAUSSIAN], missing="file").run_folder(source, tmp_path / "out")
        for result in report.results:
            assert "the file says of no value that it is nodata; nothing is missing" in result.notes
        for name in "ab":
            np.testing.assert_array_equal(
                read(tmp_path / "out" / f"{name}.tif").pixels, Pipeline([GAUSSIAN])(holed[0])
            )

    def test_a_value_that_its_samples_cannot_hold_is_said(self, source, tmp_path):
        save(source / "a.tif", np.ones((5, 5), np.uint8), b"-9999")
        report = Pipeline([GAUSSIAN], missing="file").run_folder(source, tmp_path / "out")
        said = "missing: -9999 is no value of uint8 images; no sample of them is missing by it"
        assert said in report.warnings

    def test_alpha_goes_before_it(self, source, tmp_path):
        pixels = np.full((5, 6, 4), 9, np.uint8)
        tifffile.imwrite(
            source / "a.tif", pixels, photometric="rgb", extrasamples=["unassalpha"], metadata=None,
            extratags=[(NODATA, 2, 0, b"9", True)],
        )  # fmt: skip
        report = Pipeline([GAUSSIAN], missing="file").run_folder(source, tmp_path / "out")
        assert report.done == 1
        np.testing.assert_array_equal(
            read(tmp_path / "out" / "a.tif").pixels, Pipeline([GAUSSIAN])(pixels, alpha=True)
        )

    def test_a_header_has_it(self, tmp_path):
        save(tmp_path / "a.tif", np.ones((3, 3)), b"0,5")
        assert images.probe(tmp_path / "a.tif").nodata == 0.5
        save(tmp_path / "a.tif", np.ones((3, 3)))
        assert images.probe(tmp_path / "a.tif").nodata is None


@pytest.fixture
def masks(tmp_path):
    folder = tmp_path / "masks"
    folder.mkdir()
    return folder


class TestMasks:
    """``mask`` is a folder with a mask for every image, or one mask for all of them."""

    def run(self, source, tmp_path, masks, **options):
        return Pipeline([GAUSSIAN]).run_folder(source, tmp_path / "out", mask=masks, **options)

    @pytest.mark.parametrize("isolate", [False, True])
    def test_each_has_the_name_of_its_image(self, holed, source, tmp_path, masks, isolate):
        pixels, shown = holed
        whole = pixels.astype(np.uint8)
        (source / "sub").mkdir()
        (masks / "sub").mkdir()
        images.write(source / "a.png", whole)
        images.write(source / "sub" / "b.c.tif", pixels)
        images.write(masks / "a.tif", shown.astype(np.float32))
        images.write(
            masks / "sub" / "b.c.png", np.dstack([~shown * 200, ~shown * 0, ~shown * 3]).astype(np.uint8)
        )
        report = self.run(source, tmp_path, masks, isolate=isolate)
        assert [(each.status, each.notes) for each in report.results] == [("done", ())] * 2
        for name, image, mask in (("a.png", whole, shown), ("sub/b.c.tif", pixels, ~shown)):
            want, losses = Pipeline([GAUSSIAN]).engine.filter(image, mask=mask)
            np.testing.assert_array_equal(read(tmp_path / "out" / name).pixels, want)
            assert [each.losses for each in report.results if each.path == name] == [losses]
        assert report.losses.nans > 0  # of the PNG: what is missing in the TIFF of floats is NaN there, too

    def test_one_file_is_the_mask_of_all(self, holed, source, tmp_path):
        pixels, shown = holed
        for name in "ab":
            images.write(source / f"{name}.tif", pixels)
        images.write(tmp_path / "detector.png", shown.astype(np.uint8))
        assert self.run(source, tmp_path, tmp_path / "detector.png").done == 2
        want = Pipeline([GAUSSIAN])(pixels, mask=shown)
        np.testing.assert_array_equal(read(tmp_path / "out" / "b.tif").pixels, want)

    def test_of_several_the_one_with_the_very_name(self, holed, source, tmp_path, masks):
        pixels, shown = holed
        images.write(source / "a.tif", pixels)
        images.write(masks / "a.png", shown.astype(np.uint8))
        images.write(masks / "a.tif", (~shown).astype(np.uint8))
        self.run(source, tmp_path, masks)
        want = Pipeline([GAUSSIAN])(pixels, mask=~shown)
        np.testing.assert_array_equal(read(tmp_path / "out" / "a.tif").pixels, want)

    def test_what_is_wrong_with_a_mask_fails_its_image_alone(self, holed, source, tmp_path, masks):
        pixels, shown = holed
        for name in ("good", "none", "two", "small", "broken"):
            images.write(source / f"{name}.tif", pixels)
        images.write(masks / "good.png", shown.astype(np.uint8))
        images.write(masks / "two.png", shown.astype(np.uint8))
        images.write(masks / "two.bmp", shown.astype(np.uint8))
        images.write(masks / "small.png", np.ones((4, 5), np.uint8))
        (masks / "broken.png").write_bytes(b"no image")
        (masks / "none.txt").write_text("a note")
        report = self.run(source, tmp_path, masks)
        reasons = {each.path: (each.stage, each.reason) for each in report.results if each.status != "done"}
        assert report.done == 1
        assert reasons.pop("broken.tif")[1].startswith("its mask: not a png image: the file holds")
        assert reasons == {
            "none.tif": ("read", f"there is no mask of it: {masks / 'none'}.*"),
            "two.tif": ("read", "there are several masks of it: two.bmp, two.png"),
            "small.tif": ("read", "its mask is 4x5, and it is 20x23"),
        }

    def test_resume_looks_at_the_masks(self, holed, source, tmp_path, masks):
        pixels, shown = holed
        for name in "ab":
            images.write(source / f"{name}.tif", pixels)
            images.write(masks / f"{name}.png", shown.astype(np.uint8))
        self.run(source, tmp_path, masks)
        moved = shutil.move(masks, tmp_path / "moved")
        assert self.run(source, tmp_path, moved, resume=True).kept == 2
        images.write(tmp_path / "moved" / "b.png", (~shown).astype(np.uint8), overwrite=True)
        report = self.run(source, tmp_path, moved, resume=True)
        assert [each.kept for each in report.results] == [True, False]
        want = Pipeline([GAUSSIAN])(pixels, mask=~shown)
        np.testing.assert_array_equal(read(tmp_path / "out" / "b.tif").pixels, want)
        (_, *records) = map(json.loads, (tmp_path / "out" / JOURNAL).read_text().splitlines())
        assert records[0]["mask_hash"] == images.digest_file(tmp_path / "moved" / "a.png")

    def test_a_folder_that_is_not_there_starts_nothing(self, holed, source, tmp_path):
        images.write(source / "a.tif", holed[0])
        with pytest.raises(JobError, match=r"the folder of masks '.*nowhere' cannot be opened"):
            self.run(source, tmp_path, tmp_path / "nowhere")

    def test_a_link_out_of_the_folder_is_not_followed(self, holed, source, tmp_path, masks):
        pixels, shown = holed
        images.write(source / "a.tif", pixels)
        images.write(tmp_path / "secret.png", shown.astype(np.uint8))
        (masks / "a.png").symlink_to(tmp_path / "secret.png")
        (result,) = self.run(source, tmp_path, masks).results
        assert result.reason == "its mask leads out of the folder of masks"

    def test_pages_have_one_mask(self, holed, source, tmp_path, masks):
        pixels, shown = holed
        images.write_pages(source / "a.tif", [pixels, 2 * pixels])
        images.write(masks / "a.png", shown.astype(np.uint8))
        assert self.run(source, tmp_path, masks).done == 1
        for page, image in enumerate((pixels, 2 * pixels)):
            np.testing.assert_array_equal(
                read(tmp_path / "out" / "a.tif", page=page).pixels, Pipeline([GAUSSIAN])(image, mask=shown)
            )

    def test_from_a_config(self, holed, source, tmp_path, masks):
        pixels, shown = holed
        images.write(source / "a.tif", pixels)
        images.write(masks / "a.png", shown.astype(np.uint8))
        config = tmp_path / "job.yaml"
        config.write_text(
            f"input: {source}\noutput: {tmp_path / 'out'}\nmask: {masks}\n"
            "missing: -1\nstages:\n  - {blur: gaussian, sigma: 1}\n"
        )
        run = CliRunner().invoke(main, ["run", str(config)])
        assert run.exit_code == 0, run.output
        want = Pipeline([GAUSSIAN], missing=-1)(pixels, mask=shown)
        np.testing.assert_array_equal(read(tmp_path / "out" / "a.tif").pixels, want)
        for command in ("plan", "preview", "explain"):
            arguments = [] if command == "plan" else [str(source / "a.tif")]
            arguments += ["-o", str(tmp_path / "p.png")] if command == "preview" else []
            arguments += ["--at", "0", "0"] if command == "explain" else []
            run = CliRunner().invoke(main, [command, str(config), *arguments])
            assert run.exit_code == 0, run.output

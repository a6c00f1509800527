"""Missing data of files: what a file says of it, and masks in a folder of their own."""

import numpy as np
import pytest
import tifffile

from convpipe import Pipeline, images, stage
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

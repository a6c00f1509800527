"""Pixels of a result lie where they did on the Earth: every form of GeoTIFF, both kinds of raster space."""

import numpy as np
import pytest
import tifffile

from convpipe.images import Encoding, Metadata, Page, encode, read
from convpipe.images.metadata.geotiff import Georeference
from convpipe.images.tiff.ifd import Field

SCALE, TIEPOINTS, TRANSFORMATION, KEYS = 33550, 33922, 34264, 34735
AREA = (1, 1, 0, 2, 1024, 0, 1, 1, 1025, 0, 1, 1)
POINT = (1, 1, 0, 2, 1024, 0, 1, 1, 1025, 0, 1, 2)
ROTATED = (3.0, 1.0, 0.0, 100.0, 1.0, -4.0, 0.0, 900.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)
FORMS = {
    "scale": [(SCALE, (3.0, 4.0, 0.0)), (TIEPOINTS, (0.0, 0.0, 0.0, 100.0, 900.0, 0.0))],
    "scale tied elsewhere": [(SCALE, (3.0, 4.0, 0.0)), (TIEPOINTS, (5.0, 6.0, 0.0, 100.0, 900.0, 0.0))],
    "matrix": [(TRANSFORMATION, ROTATED)],
}
PIXELS = np.arange(20 * 31, dtype=np.uint16).reshape(20, 31)


def save(path, form, keys, byteorder="<", pixels=PIXELS, orientation=None):
    tags = [(tag, 12, len(values), values, True) for tag, values in form]
    tags += [(KEYS, 3, len(keys), keys, True), (34737, 2, 0, b"WGS 84|", True)]
    tags += [] if orientation is None else [(274, 3, 1, orientation, True)]
    tifffile.imwrite(
        path, pixels, byteorder=byteorder, extratags=tags, metadata=None, photometric="minisblack"
    )


def on_earth(path, row, col):
    """Return where the centre of a pixel lies, by the words of the standard (OGC 19-008r4, annex B)."""
    with tifffile.TiffFile(path) as file:
        tags = file.pages.first.tags
        corner = 0.0 if tags.valueof(KEYS)[-1] == 2 else 0.5
        at = np.array([col + corner, row + corner, 0, 1])
        matrix = tags.valueof(TRANSFORMATION)
        if matrix is not None:
            return tuple((np.reshape(matrix, (4, 4)) @ at)[:2])
        scale = tags.valueof(SCALE)
        i, j, _, x, y, _ = tags.valueof(TIEPOINTS)
        return x + scale[0] * (at[0] - i), y - scale[1] * (at[1] - j)


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("keys", [AREA, POINT], ids=["area", "point"])
@pytest.mark.parametrize("form", FORMS)
def test_a_pixel_stays_where_it_was(source, strided, form, keys, byteorder):
    save(source / "a.tif", FORMS[form], keys, byteorder)
    path, notes = strided((2, 3))
    assert notes == ()
    result = tifffile.imread(path)
    for at in [(0, 0), (3, 7), (9, 10)]:
        row, col = divmod(int(result[at]), 31)
        assert on_earth(path, *at) == pytest.approx(on_earth(source / "a.tif", row, col))
    with tifffile.TiffFile(path) as file:
        assert file.pages.first.tags.valueof(KEYS) == keys
        assert file.pages.first.tags.valueof(34737) == "WGS 84|"


def test_a_window_is_where_its_centre_is(source, strided):
    """A 2x2 window at stride 2 lies half a pixel further on; a 3x3 window without padding a whole one."""
    for size, centre in ((2, 0.5), (3, 1.0)):
        save(source / "a.tif", FORMS["scale"], AREA)
        path, _ = strided((2, 2), size=size)
        assert on_earth(path, 1, 2) == pytest.approx(on_earth(source / "a.tif", 2 + centre, 4 + centre))
        path.unlink()


def test_the_tie_point_of_gdal(source, strided):
    """What `gdal_translate -outsize 50% 50%` of a mean over 2x2 would say: the corner stays."""
    save(source / "a.tif", FORMS["scale"], AREA)
    path, _ = strided((2, 2), size=2)
    with tifffile.TiffFile(path) as file:
        tags = file.pages.first.tags
        assert tags.valueof(SCALE) == (6.0, 8.0, 0.0)
        assert tags.valueof(TIEPOINTS) == (0.0, 0.0, 0.0, 100.0, 900.0, 0.0)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", FORMS)
def test_turned(source, strided, form, orientation):
    save(source / "a.tif", FORMS[form], AREA, orientation=orientation)
    path, _ = strided((1, 2))
    result = tifffile.imread(path)
    for at in [(0, 0), (3, 7)]:
        row, col = divmod(int(result[at]), 31)
        assert on_earth(path, *at) == pytest.approx(on_earth(source / "a.tif", row, col))


def test_heights_have_the_scale_that_they_had(source, strided):
    save(
        source / "a.tif", [(SCALE, (3.0, 4.0, 0.25)), (TIEPOINTS, (5.0, 6.0, 7.0, 100.0, 900.0, 40.0))], AREA
    )
    path, _ = strided((2, 3))
    with tifffile.TiffFile(path) as file:
        tags = file.pages.first.tags
        assert tags.valueof(SCALE) == (9.0, 8.0, 0.25)
        assert tags.valueof(TIEPOINTS)[2::3] == (7.0, 40.0)


def test_many_tie_points(source, strided):
    points = np.array([[0.5, 0.5, 0, 7, 8, 0], [30.5, 10.5, 0, 9, 3, 0], [3.5, 18.5, 0, 1, 2, 3]])
    save(source / "a.tif", [(TIEPOINTS, tuple(points.ravel())), (SCALE, (1.0, 5.0, 0.5))], AREA)
    path, _ = strided((2, 3))
    with tifffile.TiffFile(path) as file:
        found = np.reshape(file.pages.first.tags.valueof(TIEPOINTS), (3, 6))
        assert file.pages.first.tags.valueof(SCALE) == (3.0, 10.0, 0.5)
    np.testing.assert_allclose(found[:, 0], (points[:, 0] - 0.5) / 3 + 0.5)
    np.testing.assert_allclose(found[:, 1], (points[:, 1] - 0.5) / 2 + 0.5)
    np.testing.assert_array_equal(found[:, 2:], points[:, 2:])


def test_rational_polynomials(source, strided):
    """Their offsets and scales follow, so that a normalised row and column mean the same place."""
    values = np.arange(92.0)
    values[[2, 3, 7, 8]] = 10, 15, 20, 30
    save(source / "a.tif", [(50844, tuple(values))], AREA)
    path, _ = strided((2, 3))
    with tifffile.TiffFile(path) as file:
        found = np.array(file.pages.first.tags.valueof(50844))
    assert (6 - found[2]) / found[7] == pytest.approx((12 - 10) / 20)
    assert (6 - found[3]) / found[8] == pytest.approx((18 - 15) / 30)
    others = np.delete(np.arange(92), [2, 3, 7, 8])
    np.testing.assert_array_equal(found[others], values[others])


@pytest.mark.parametrize(
    "form",
    [
        [(SCALE, (3.0,)), (TIEPOINTS, (0.0,) * 6)],
        [(TIEPOINTS, (0.0,) * 7)],
        [(TRANSFORMATION, (1.0,) * 12)],
        [(50844, (1.0,))],
        [(TRANSFORMATION, (np.nan,) * 16)],
        [(TRANSFORMATION, (1e308,) * 16)],
        [(SCALE, (1e308, 1e308, 0.0)), (TIEPOINTS, (1e308, 0.0, 0.0, -1e308, 0.0, 0.0))],
    ],
)
def test_broken(source, strided, form):
    save(source / "a.tif", form, AREA)
    path, (note,) = strided((2, 3))
    assert note.startswith("georeference dropped: it cannot be made to fit the result")
    with tifffile.TiffFile(path) as file:
        assert not set(file.pages.first.tags.keys()) & {SCALE, TIEPOINTS, TRANSFORMATION, KEYS}


def test_keys_that_are_cut_off_are_survived():
    for length in range(0, 24, 2):
        fields = (Field(KEYS, 3, length // 2, b"\1\0" * (length // 2)), Field(SCALE, 12, 3, bytes(24)))
        encode(Page(PIXELS, metadata=Metadata(georeference=Georeference(fields))), Encoding("tiff"))


ITEMS = (
    b'<GDALMetadata>\n  <Item name="AREA_OR_POINT">Area</Item>\n'
    b'  <Item name="STATISTICS_MEAN" sample="0">3.5</Item>\n'
    b'  <Item name="DESCRIPTION" sample="0" role="description">elevation</Item>\n</GDALMetadata>\n'
)


def gdal(path, no_data, pixels=PIXELS):
    tags = [(42112, 2, 0, ITEMS, True), (42113, 2, 0, no_data, True)]
    photometric = "rgb" if pixels.ndim == 3 else "minisblack"
    tifffile.imwrite(path, pixels, extratags=tags, metadata=None, photometric=photometric)


class TestGdal:
    def test_kept(self, source, strided):
        gdal(source / "a.tif", b"65535")
        path, notes = strided((2, 3))
        assert notes == ("GDAL's statistics dropped: they are of the values before the filters",)
        with tifffile.TiffFile(path) as file:
            tags = file.pages.first.tags
            assert tags.valueof(42113) == "65535"
            assert (
                tags.valueof(42112).encode() == ITEMS.replace(ITEMS.splitlines(keepends=True)[2], b"").strip()
            )

    @pytest.mark.parametrize("no_data", [b"-9999", b"nan", b"0.5"])
    def test_no_data_that_a_dtype_has_not(self, source, strided, no_data):
        gdal(source / "a.tif", no_data, PIXELS.astype(np.float32))
        path, notes = strided((1, 1))
        assert len(notes) == 1
        path.unlink()
        path, notes = strided((1, 1), dtype="uint16")
        assert "GDAL's value for no data dropped: uint16 cannot hold it" in notes
        with tifffile.TiffFile(path) as file:
            assert file.pages.first.tags.valueof(42113) is None

    def test_bands(self, source, strided):
        gdal(source / "a.tif", b"0", np.zeros((8, 9, 3), np.uint8))
        path, notes = strided((1, 1), grey=True)
        assert "GDAL's items of single bands dropped: the channels are others" in notes
        with tifffile.TiffFile(path) as file:
            assert "elevation" not in file.pages.first.tags.valueof(42112)

    def test_broken(self, source, strided):
        gdal(source / "a.tif", b"none")
        _, notes = strided((1, 1))
        assert any(note.startswith("GDAL metadata dropped") for note in notes)


def test_to_a_format_without(source, strided):
    save(source / "a.tif", FORMS["scale"], AREA)
    path, notes = strided((2, 3), format="png")
    assert notes == ("png cannot hold the georeference; dropped",)
    assert read(path).pixels.shape == (10, 11)

"""ImageJ's hyperstacks, OME-TIFFs and tifffile's arrays stay what they are, of other extents."""

import json
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile
from fakes import StridedPipeline

from convpipe.batch import run_folder
from convpipe.errors import WriteError
from convpipe.images import (
    Encoding,
    ImageSpec,
    Metadata,
    Page,
    PageEncoder,
    check_output,
    encode,
    read,
    read_pages,
    write,
)
from convpipe.images.metadata.imagej import ImageJ
from convpipe.images.metadata.ome import Ome
from convpipe.images.metadata.raster import Raster
from convpipe.sampling import Sampling

STACK = np.arange(3 * 2 * 4 * 10 * 12, dtype=np.uint16).reshape(3, 2, 4, 10, 12)
RGB = np.arange(5 * 10 * 12 * 3, dtype=np.uint8).reshape(5, 10, 12, 3)
EVERY = (..., slice(None, None, 2), slice(None, None, 3))
EVERY_RGB = (*EVERY, slice(None))
LUTS = [np.arange(768, dtype=np.uint8).reshape(3, 256) + each for each in range(4)]
OF_IMAGEJ = {
    "axes": "TZCYX",
    "unit": "um",
    "spacing": 2.0,
    "finterval": 0.1,
    "mode": "composite",
    "min": 3.0,
    "max": 99.0,
    "Labels": [f"plane {each}" for each in range(24)],
    "Ranges": (0.0, 100.0) * 4,
    "LUTs": LUTS,
    "Info": "µ-slide",
    "Properties": {"lens": "40x"},
}


def page_of(path):
    with tifffile.TiffFile(path) as file:
        return file.pages.first


class TestImageJ:
    def save(self, source, data=STACK, byteorder=">", **metadata):
        """Pixels of 0.5 by 0.25 um."""
        tifffile.imwrite(
            source / "a.tif",
            data,
            imagej=True,
            byteorder=byteorder,
            resolution=(2, 4),
            photometric="rgb" if data.shape[-1] == 3 else "minisblack",
            metadata=metadata,
        )

    @pytest.mark.parametrize("byteorder", ["<", ">"])
    def test_a_hyperstack_stays_one(self, source, strided, byteorder):
        self.save(source, byteorder=byteorder, **OF_IMAGEJ)
        path, notes = strided((2, 3))
        assert notes == ()
        with tifffile.TiffFile(path) as file:
            (series,) = file.series
            assert (series.kind, series.axes) == ("imagej", "TZCYX")
            np.testing.assert_array_equal(series.asarray(), STACK[EVERY])
            found = file.imagej_metadata
            for name, value in OF_IMAGEJ.items():
                if name == "LUTs":
                    np.testing.assert_array_equal(found[name], value)
                elif name != "axes":
                    assert found[name] == value, name
            tags = file.pages.first.tags
            assert (tags.valueof(282), tags.valueof(283), tags.valueof(296)) == ((2, 3), (2, 1), 1)

    def test_scale_survives_where_nothing_moves(self, source, strided):
        self.save(source, **OF_IMAGEJ)
        path, notes = strided((1, 1))
        tags = page_of(path).tags
        assert (tags.valueof(282), tags.valueof(283), tags.valueof(296)) == ((2, 1), (4, 1), 1)
        assert page_of(path).description == page_of(source / "a.tif").description
        assert notes == ()

    def test_planes_lie_one_behind_the_other(self, source, strided):
        """ImageJ looks at the first directory alone: it counts images from there."""
        self.save(source, **OF_IMAGEJ)
        path, _ = strided((2, 3))
        with tifffile.TiffFile(path) as file:
            first = file.pages.first
            offset, size = first.dataoffsets[0], first.nbytes
        planes = np.frombuffer(path.read_bytes(), "<u2", 24 * size // 2, offset)
        np.testing.assert_array_equal(planes.reshape(3, 2, 4, 5, 4), STACK[EVERY])

    def test_compression_is_noted(self, source, strided):
        self.save(source, **OF_IMAGEJ)
        path, notes = strided((2, 3), compression=3)
        assert notes == ("ImageJ reads compressed stacks through Bio-Formats alone",)
        np.testing.assert_array_equal(tifffile.imread(path), STACK[EVERY])

    @pytest.mark.parametrize("grey", [False, True])
    def test_colour(self, source, strided, grey):
        self.save(source, RGB, unit="um")
        path, notes = strided((2, 3), grey=grey)
        assert notes == ()
        expected = RGB[EVERY_RGB][..., 0] if grey else RGB[EVERY_RGB]
        np.testing.assert_array_equal(tifffile.imread(path), expected)
        with tifffile.TiffFile(path) as file:
            assert file.imagej_metadata["unit"] == "um"

    def test_samples_that_count_as_channels(self, source, strided):
        """Bio-Formats writes RGB so."""
        text = "ImageJ=\nimages=5\nchannels=3\nslices=5\nunit=micron\n"
        tifffile.imwrite(source / "a.tif", RGB, photometric="rgb", description=text, metadata=None)
        path, _ = strided((1, 1), grey=True)
        assert page_of(path).description == "ImageJ=\nimages=5\nslices=5\nunit=micron"
        assert tifffile.imread(path).shape == (5, 10, 12)

    def test_regions_stay_while_pixels_do(self, source, strided):
        self.save(source, ROI=b"Iout-roi", Overlays=[b"Iout1", b"Iout22"], Info="i")
        path, notes = strided((1, 1))
        with tifffile.TiffFile(path) as file:
            assert file.imagej_metadata["ROI"] == b"Iout-roi"
            assert file.imagej_metadata["Overlays"] == [b"Iout1", b"Iout22"]
        assert notes == ()

    def test_regions_go_when_pixels_move(self, source, strided):
        self.save(source, ROI=b"Iout-roi", Overlays=[b"Iout1", b"Iout22"], Info="i")
        path, notes = strided((2, 2))
        with tifffile.TiffFile(path) as file:
            assert {"ROI", "Overlays"} & file.imagej_metadata.keys() == set()
            assert file.imagej_metadata["Info"] == "i"
        assert notes == ("ImageJ's ROI and Overlays dropped: the pixels lie elsewhere",)

    def test_display_ranges_are_of_a_dtype(self, source, strided):
        self.save(source, **OF_IMAGEJ)
        path, notes = strided((1, 1), dtype="float32")
        with tifffile.TiffFile(path) as file:
            assert {"min", "max", "Ranges"} & file.imagej_metadata.keys() == set()
            assert file.imagej_metadata["spacing"] == 2.0
        assert notes == ("ImageJ's display ranges dropped: they are of uint16",)

    def test_origins_move(self, source, strided):
        self.save(source, xorigin=6.0, yorigin=4.0)
        path, _ = strided((2, 3))
        with tifffile.TiffFile(path) as file:
            assert (file.imagej_metadata["xorigin"], file.imagej_metadata["yorigin"]) == (2.0, 2.0)

    @pytest.mark.parametrize("isolate", [False, True])
    def test_planes_of_one_directory(self, source, tmp_path, isolate):
        metadata = {name: value for name, value in OF_IMAGEJ.items() if name not in ("min", "max")}
        tifffile.imwrite(source / "a.tif", STACK, imagej=True, truncate=True, metadata=metadata)
        report = run_folder(StridedPipeline((2, 3)), source, tmp_path / "out", isolate=isolate)
        assert report.results[0].notes == ()
        with tifffile.TiffFile(tmp_path / "out" / "a.tif") as file:
            np.testing.assert_array_equal(file.asarray(), STACK[EVERY])
            assert file.imagej_metadata["Labels"] == OF_IMAGEJ["Labels"]
            file.pages.useframes = False
            assert [270 in page.tags for page in file.pages[:2]] == [True, False]

    @pytest.mark.parametrize(
        ("unit", "said"),
        [("um", 25_400), ("\\u00B5m", 25_400), ("mm", 25.4), ("cm", 2.54), ("pixel", None)],
    )
    def test_the_scale_of_a_png(self, source, strided, unit, said):
        """From 2 by 4 pixels a unit, every third column and second row; of no unit, the shape of a pixel."""
        self.save(source, STACK[0, 0, 0], unit=unit)
        path, notes = strided((2, 3), format="png")
        expected = (1, 3) if said is None else (2 / 3 * said, 2 * said)
        assert read(path).metadata.resolution == pytest.approx(expected, rel=1e-2)
        assert notes == ("png cannot hold the description of the stack; dropped",)

    @pytest.mark.parametrize(
        ("counts", "pages", "channels", "kept"),
        [
            ((2, 3), 2, 1, False),
            ((2, 3), 2, 3, True),  # of the result, too
            ((2, 2), 4, 1, True),  # planes, of as many samples as there may be
            ((2, 1), 2, 1, True),
            ((2, 3), 6, 1, True),  # planes of colour
        ],
    )
    def test_channels_that_are_samples_go_with_them(self, counts, pages, channels, kept):
        text = b"ImageJ=1\nslices=%d\nchannels=%d\n" % counts
        description = ImageJ.parse(text, {}, "<", Raster((10, 12), 3, "uint8"), pages, [])
        followed = description.followed(Sampling(), Raster((10, 12), channels, "uint8"), [])
        assert (b"channels" in followed.text) is kept

    def test_more_planes_than_pages(self):
        page = Raster((10, 12), 1, "uint8")
        with pytest.raises(ValueError, match="9 x 2 planes of which 5"):
            ImageJ.parse(b"ImageJ=1\nslices=9\nchannels=2\n", {}, "<", page, 5, [])

    @pytest.mark.parametrize("damage", [b"\xff" * 4, b"IJIJ\xff\xff\xff\xff"])
    def test_broken(self, source, strided, damage):
        self.save(source, **OF_IMAGEJ)
        with tifffile.TiffFile(source / "a.tif") as file:
            at = file.pages.first.tags[50839].valueoffset
        data = bytearray((source / "a.tif").read_bytes())
        data[at : at + len(damage)] = damage
        (source / "a.tif").write_bytes(data)
        path, notes = strided((2, 3))
        np.testing.assert_array_equal(tifffile.imread(path), STACK[EVERY])
        assert any("ImageJ" in note for note in notes)


OME = "{http://www.openmicroscopy.org/Schemas/OME/2016-06}"


class TestOme:
    def save(self, source, data=STACK, axes="TZCYX", **metadata):
        tifffile.imwrite(
            source / "a.ome.tif",
            data,
            photometric="rgb" if axes.endswith("S") else "minisblack",
            metadata={"axes": axes, "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "µm", "PhysicalSizeY": 0.25,
                      **metadata},
        )  # fmt: skip

    def pixels(self, path):
        with tifffile.TiffFile(path) as file:
            return ElementTree.fromstring(file.ome_metadata).find(f"{OME}Image/{OME}Pixels")

    def test_stays_one(self, source, strided):
        self.save(source, Channel={"Name": ["a", "b", "c", "d"]}, SignificantBits=12)
        path, notes = strided((2, 3))
        assert notes == ("OME's SignificantBits dropped: results may use all bits",)
        with tifffile.TiffFile(path) as file:
            (series,) = file.series
            assert (series.kind, series.axes) == ("ome", "TZCYX")
            np.testing.assert_array_equal(series.asarray(), STACK[EVERY])
        said = self.pixels(path).attrib
        sizes = {"SizeX": "4", "SizeY": "5", "SizeC": "4", "SizeZ": "2", "SizeT": "3", "Type": "uint16"}
        assert sizes.items() <= said.items()
        assert (said["PhysicalSizeX"], said["PhysicalSizeXUnit"], said["PhysicalSizeY"]) == (
            "1.5",
            "µm",
            "0.5",
        )
        assert "SignificantBits" not in said
        names = [channel.get("Name") for channel in self.pixels(path).findall(f"{OME}Channel")]
        assert names == ["a", "b", "c", "d"]

    @pytest.mark.parametrize("grey", [False, True])
    def test_colour(self, source, strided, grey):
        self.save(source, RGB, "ZYXS")
        path, notes = strided((2, 3), grey=grey)
        assert notes == ()
        expected = RGB[EVERY_RGB][..., 0] if grey else RGB[EVERY_RGB]
        np.testing.assert_array_equal(tifffile.imread(path), expected)
        assert self.pixels(path).get("SizeC") == ("1" if grey else "3")

    @pytest.mark.parametrize("orientation", [3, 6])
    def test_turned(self, source, strided, orientation):
        self.save(source, STACK[0, 0], "ZYX", PhysicalSizeYUnit="nm")
        with tifffile.TiffFile(source / "a.ome.tif") as file:
            xml = file.ome_metadata.encode()
        tags = [(274, 3, 1, orientation, False)]
        options = {"description": xml, "metadata": None, "extratags": tags, "photometric": "minisblack"}
        tifffile.imwrite(source / "a.ome.tif", STACK[0, 0], **options)
        path, notes = strided((1, 1))
        assert notes == ()
        said = self.pixels(path).attrib
        found = [said[f"PhysicalSize{axis}"] + said[f"PhysicalSize{axis}Unit"] for axis in "XY"]
        assert found == (["0.25nm", "0.5µm"] if orientation == 6 else ["0.5µm", "0.25nm"])
        np.testing.assert_array_equal(
            tifffile.imread(path), np.rot90(STACK[0, 0], -1 if orientation == 6 else 2, (1, 2))
        )

    def test_type(self, source, strided):
        self.save(source)
        path, _ = strided((1, 1), dtype="float32")
        assert self.pixels(path).get("Type") == "float"
        assert tifffile.imread(path).dtype == np.float32

    @pytest.mark.parametrize("cols", [12, 11])
    def test_several_images(self, source, strided, cols):
        """Alike, all of them follow; of unlike ones a page's extent tells nothing of the others."""
        with tifffile.TiffWriter(source / "a.ome.tif", ome=True) as writer:
            for data in (STACK[0, 0], STACK[0, 1, :3, :, :cols]):
                writer.write(data, photometric="minisblack", metadata={"axes": "ZYX", "PhysicalSizeX": 0.5})
        path, notes = strided((2, 3))
        with tifffile.TiffFile(path) as file:
            if cols == 12:
                assert notes == ()
                first, second = file.series
                assert (first.kind, second.kind) == ("ome", "ome")
                np.testing.assert_array_equal(second.asarray(), STACK[0, 1, :3][EVERY])
            else:
                assert notes[0].startswith("OME-XML dropped: it cannot be made to fit the result")
                assert file.ome_metadata is None
            planes = [page.asarray() for page in file.pages]
        np.testing.assert_array_equal(planes[4], STACK[0, 1, 0, :, :cols][EVERY])

    @pytest.mark.parametrize("grey", [False, True])
    @pytest.mark.parametrize(
        ("first", "second", "reason"),
        [
            (STACK[0, 0], RGB[0].astype(np.uint16), "images of 1 and 3 samples a pixel"),
            (STACK[0, 0], STACK[0, 1].astype(np.uint8), "images of uint16 and uint8"),
            (RGB[0], STACK[0, 0].astype(np.uint8), "images of 3 and 1 samples a pixel"),
            (RGB[0], RGB[1].astype(np.float32), "images of uint8 and float"),
        ],
    )
    def test_several_images_of_unlike_types(self, source, strided, first, second, reason, grey):
        """The first page tells nothing of the types that the others have become."""
        with tifffile.TiffWriter(source / "a.ome.tif", ome=True) as writer:
            for data in (first, second):
                colour = data.shape[-1] == 3
                writer.write(data, photometric="rgb" if colour else "minisblack",
                             metadata={"axes": "YXS" if colour else "ZYX"})  # fmt: skip
        path, notes = strided((1, 1), grey=grey)
        assert [note for note in notes if "OME" in note] == [
            f"OME-XML dropped: it cannot be made to fit the result (ValueError: {reason})"
        ]
        with tifffile.TiffFile(path) as file:
            assert file.ome_metadata is None
            dtypes = [page.dtype for page in file.pages]
        planes = lambda data: 1 if data.shape[-1] == 3 else len(data)  # noqa: E731
        assert dtypes == [first.dtype] * planes(first) + [second.dtype] * planes(second)

    def test_what_is_not_known_stays(self, source, strided):
        """Comments, quotes and prefixes; but regions, which do not fit any more, go."""
        region = '<ROI ID="ROI:0"><Union><Shape ID="S:0" TheZ="0"/></Union></ROI>'
        xml = (
            "<?xml version='1.0' encoding='UTF-8'?><!-- kept -->\n<o:OME xmlns:o='x' Creator='a>b'>"
            '<o:Image ID="Image:0"><o:Pixels ID="P" Type="uint8" SizeX="12" SizeY="10" SizeC="1" SizeZ="1"'
            ' SizeT="1"><o:TiffData/></o:Pixels><o:ROIRef ID="ROI:0"/></o:Image>%s</o:OME>'
        )
        whole = xml % region.replace("<", "<o:").replace("<o:/", "</o:")
        tifffile.imwrite(source / "a.tif", RGB[0, ..., 0], description=whole.encode(), metadata=None)
        path, notes = strided((2, 3))
        expected = (xml % "").replace('"12"', '"4"').replace('"10"', '"5"')
        expected = expected.replace('<o:ROIRef ID="ROI:0"/>', "")
        assert page_of(path).description == expected
        assert notes == ("OME's regions of interest dropped: the pixels lie elsewhere",)

    @pytest.mark.parametrize(
        ("region", "left"),
        [
            ('<ROIRef ID="R:0"/><ROIRef ID="R:1"/>', ""),
            ('<ROI ID="R:0"><Union><ROIRef ID="R:1"/><a/></Union></ROI><b/>', "<b/>"),
            ('<ROI ID="R:0"><ROIRef ID="R:1"/></ROI><ROI ID="R:2"/>', ""),
        ],
    )
    def test_regions_side_by_side_and_within_each_other_go(self, region, left):
        xml = '<OME><Pixels SizeX="12" SizeY="10" SizeC="1" Type="uint8"/>%s</OME>'
        page = Raster((10, 12), 1, "uint8")
        followed = Ome((xml % region).encode(), page).followed(Sampling(first=(1, 0)), page, [])
        assert followed.xml.decode() == xml % left

    @pytest.mark.parametrize(
        ("size", "samples", "channels", "want"), [(3, [3], 1, "1"), (3, [3], 2, "2"), (6, [3, 3], 2, "4")]
    )
    def test_samples_are_counted_as_channels(self, size, samples, channels, want):
        followed = self.of_samples(size, samples).followed(
            Sampling(), Raster((10, 12), channels, "uint8"), []
        )
        pixels = ElementTree.fromstring(followed.xml).find("Pixels")
        assert pixels.get("SizeC") == want
        assert [each.get("SamplesPerPixel") for each in pixels] == [str(channels)] * len(samples)

    @pytest.mark.parametrize(("size", "samples"), [(4, []), (4, [3]), (6, [3, 2]), (3, [1])])
    def test_channels_that_are_not_of_the_samples_of_a_page(self, size, samples):
        with pytest.raises(ValueError, match=r"channels that are not of 3 samples|images of 3 and 2 samples"):
            self.of_samples(size, samples).followed(Sampling(), Raster((10, 12), 1, "uint8"), [])

    def of_samples(self, size, samples):
        """OME-XML of pages of three samples."""
        channels = "".join(f'<Channel SamplesPerPixel="{each}"/>' for each in samples)
        xml = f'<OME><Pixels SizeX="12" SizeY="10" SizeC="{size}" Type="uint8">{channels}</Pixels></OME>'
        return Ome(xml.encode(), Raster((10, 12), 3, "uint8"))

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ('<!DOCTYPE o [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><OME>&b;</OME>', "document type"),
            ("<OME><Pixels></OME>", "mismatched tag"),
            ('<OME><Pixels SizeX="9" SizeY="9"/></OME>', "9 x 9 pixels"),
            ("<OME><Pixels/></OME>", "SizeY"),
            ("<a>" * 5000 + "</a>" * 5000 + "</OME>", "ExpatError"),
        ],
    )
    def test_hostile(self, source, strided, text, reason):
        tifffile.imwrite(source / "a.tif", RGB[0, ..., 0], description=text, metadata=None)
        path, (note,) = strided((2, 3))
        assert note.startswith("OME-XML dropped: it cannot be made to fit the result")
        assert reason in note
        assert page_of(path).description == ""


class TestShaped:
    @pytest.mark.parametrize("axes", [None, "TZCYX"])
    def test_an_array_stays_one(self, source, strided, axes):
        metadata = {"axes": axes, "lens": "40x"} if axes else {}
        tifffile.imwrite(source / "a.tif", STACK, photometric="minisblack", metadata=metadata)
        path, notes = strided((2, 3))
        assert notes == ()
        np.testing.assert_array_equal(tifffile.imread(path), STACK[EVERY])
        said = json.loads(page_of(path).description)
        assert said["shape"] == [3, 2, 4, 5, 4]
        assert (said.get("axes"), said.get("lens")) == (axes, axes and "40x")

    @pytest.mark.parametrize("grey", [False, True])
    def test_colour(self, source, strided, grey):
        tifffile.imwrite(source / "a.tif", RGB, photometric="rgb")
        path, notes = strided((2, 3), grey=grey)
        assert notes == ()
        expected = RGB[EVERY_RGB][..., 0] if grey else RGB[EVERY_RGB]
        np.testing.assert_array_equal(tifffile.imread(path), expected)

    @pytest.mark.parametrize("grey", [False, True])
    @pytest.mark.parametrize("alpha", [False, True])
    def test_separate_planes(self, source, strided, grey, alpha):
        planes = np.moveaxis(np.concatenate([RGB, RGB[..., :1]], -1) if alpha else RGB, -1, 1)
        options = {"photometric": "rgb", "planarconfig": "separate", "metadata": {"axes": "TSYX"}}
        options |= {"extrasamples": ["unassalpha"]} if alpha else {}
        tifffile.imwrite(source / "a.tif", np.ascontiguousarray(planes), **options)
        path, notes = strided((2, 3), grey=grey)
        assert notes == ()
        kept = [0, 3][: 1 + alpha] if grey else slice(None)
        expected = planes[EVERY][:, kept]
        with tifffile.TiffFile(path) as file:
            (series,) = file.series
            single = grey and not alpha
            np.testing.assert_array_equal(series.asarray(), expected[:, 0] if single else expected)
            assert series.axes == ("TYX" if single else "TSYX")

    def test_lengths(self, source, strided):
        tifffile.imwrite(source / "a.tif", RGB, photometric="rgb", metadata={"PhysicalSizeX": 0.5})
        path, notes = strided((2, 3))
        assert notes == ()
        assert json.loads(page_of(path).description)["PhysicalSizeX"] == 1.5

    def test_planes_of_one_directory(self, source, strided):
        tifffile.imwrite(source / "a.tif", STACK, photometric="minisblack", truncate=True)
        path, notes = strided((2, 3))
        assert notes == ()
        np.testing.assert_array_equal(tifffile.imread(path), STACK[EVERY])

    def test_two_arrays(self, source, strided):
        with tifffile.TiffWriter(source / "a.tif") as writer:
            writer.write(STACK[0, 0], photometric="minisblack", metadata={"name": "first"})
            writer.write(RGB, photometric="rgb")
        path, _ = strided((2, 3))
        with tifffile.TiffFile(path) as file:
            first, second = file.series
            assert first.name == "first"
            np.testing.assert_array_equal(first.asarray(), STACK[0, 0][EVERY])
            np.testing.assert_array_equal(second.asarray(), RGB[EVERY_RGB])

    def test_beside_a_text(self, source, strided):
        text = "north façade".encode()
        tifffile.imwrite(source / "a.tif", STACK[0, 0], photometric="minisblack", description=text)
        path, _ = strided((2, 3))
        page = page_of(path)
        assert (page.description, json.loads(page.description1)["shape"]) == ("north façade", [4, 5, 4])

    @pytest.mark.parametrize(
        "text", ['{"shape": [0, 10, 12]}', '{"shape": [7, 7]}', '{"shape": "x"}', '{"shape":']
    )
    def test_that_does_not_fit(self, source, strided, text):
        tifffile.imwrite(source / "a.tif", RGB[0, ..., 0], description=text, metadata=None)
        path, (note,) = strided((2, 3))
        assert note.startswith("description of the stack dropped: it does not fit the file")
        assert page_of(path).description == ""


def test_two_descriptions(source, strided):
    """Micro-Manager writes OME-XML and ImageJ's description."""
    xml = b'<OME><Image><Pixels SizeX="12" SizeY="10" SizeC="1" Type="uint8"/></Image></OME>'
    text = b"ImageJ=1.4\nimages=1\nunit=um\n"
    raster = Raster((10, 12), 1, "uint8")
    both = Metadata(descriptions=(Ome(xml, raster), ImageJ(text, (), raster, 1)))
    write(source / "a.tif", Page(RGB[0, ..., 0], metadata=both))
    path, notes = strided((2, 3))
    assert notes == ()
    page = page_of(path)
    assert page.description.encode() == xml.replace(b"12", b"4").replace(b"10", b"5")
    assert page.description1.encode() == text.strip()


def test_directories_that_ome_counts_and_that_are_left(source, strided):
    """A thumbnail among the pages: OME-XML names pages by their place in the file."""
    with tifffile.TiffWriter(source / "a.tif") as writer:
        xml = '<OME><Image><Pixels SizeX="12" SizeY="10" SizeC="1"><TiffData IFD="1"/></Pixels></Image></OME>'
        writer.write(RGB[0, ..., 0], description=xml, metadata=None)
        writer.write(RGB[0, :5, :6, 0], subfiletype=1, metadata=None)
    path, notes = strided((2, 3))
    assert any("it counts directories that were left" in note for note in notes)
    assert page_of(path).description == ""


@pytest.mark.parametrize("text", ["<slide width='12'/>", '{"width": 12}', "Aperio Image\n12x10"])
def test_descriptions_of_unknown_form(source, strided, text):
    tifffile.imwrite(source / "a.tif", RGB[0, ..., 0], description=text, metadata=None)
    path, notes = strided((1, 1))
    assert (page_of(path).description, notes) == (text, ())
    path.unlink()
    path, (note,) = strided((2, 3))
    assert "may state sizes" in note
    assert page_of(path).description == ""


def test_what_is_not_carried_is_named(source, strided):
    tags = [(65000, 3, 1, 7, True), (50215, 2, 0, b"a job", True)]
    tifffile.imwrite(source / "a.tif", RGB[0, ..., 0], extratags=tags, metadata=None)
    _, notes = strided((1, 1))
    assert notes == ("TIFF fields not carried: OceScanjobDescription (50215), 65000",)


def test_a_format_that_holds_no_stack_says_so(source, strided):
    tifffile.imwrite(source / "a.tif", RGB[0], photometric="rgb", imagej=True, metadata={"unit": "um"})
    _, notes = strided((2, 3), format="png")
    assert notes == ("png cannot hold the description of the stack; dropped",)


class TestChannelsAsPages:
    """A page for each channel, which ImageJ's description counts."""

    PAGES = Encoding("tiff", channels="pages")

    def test_they_are_one_image_to_those_who_read_imagej(self, tmp_path, rng):
        pixels = rng.random((5, 7, 70)).astype(np.float32)
        encode(Page(pixels), self.PAGES).save(tmp_path / "a.tif")
        with tifffile.TiffFile(tmp_path / "a.tif") as file:
            assert file.is_imagej
            assert (len(file.pages), file.series[0].axes) == (70, "CYX")
            assert file.imagej_metadata["channels"] == file.imagej_metadata["images"] == 70
            assert file.imagej_metadata["hyperstack"]
        found = tifffile.imread(tmp_path / "a.tif")
        np.testing.assert_array_equal(np.moveaxis(found, 0, -1), pixels)
        assert [page.pixels.shape for page in read_pages(tmp_path / "a.tif")] == [(5, 7)] * 70

    def test_units_stay_and_lengths_follow(self, tmp_path, rng):
        metadata = {"unit": "um", "min": 0.0, "max": 9.0, "slices": 1}
        tifffile.imwrite(
            tmp_path / "a.tif",
            np.zeros((8, 10), np.uint16),
            imagej=True,
            resolution=(4, 4),
            metadata=metadata,
        )
        image = read(tmp_path / "a.tif")
        halved = Page(np.zeros((4, 5, 6), np.uint16), False, image.metadata, Sampling((2.0, 2.0)))
        encode(halved, self.PAGES).save(tmp_path / "b.tif")
        with tifffile.TiffFile(tmp_path / "b.tif") as file:
            assert file.imagej_metadata["unit"] == "um"
            assert "max" not in file.imagej_metadata
            assert file.series[0].shape == (6, 4, 5)
            assert [page.tags["XResolution"].value for page in file.pages] == [(2, 1)] * 6

    def test_of_several_images_and_of_alpha(self, tmp_path, rng):
        first, second = rng.random((3, 4, 5)), rng.random((6, 2, 5))
        with PageEncoder(self.PAGES, pages=2) as encoder:
            encoder.add(Page(first))
            encoder.add(Page(second))
            encoder.finish().save(tmp_path / "a.tif")
        found = [page.pixels for page in read_pages(tmp_path / "a.tif")]
        assert len(found) == 10
        np.testing.assert_array_equal(found[1], first[..., 1])
        np.testing.assert_array_equal(found[7], second[..., 2])
        encoded = encode(Page(np.zeros((3, 4, 4), np.uint8), alpha=True), self.PAGES)
        assert encoded.notes == ("the last page is alpha, which its file does not say",)
        grey = encode(Page(np.zeros((3, 4), np.uint8)), self.PAGES)
        grey.save(tmp_path / "c.tif")
        assert read(tmp_path / "c.tif").pixels.shape == (3, 4)

    def test_other_formats_have_no_pages(self):
        with pytest.raises(WriteError, match="npy has no pages for channels; tiff has"):
            check_output(ImageSpec("uint8", 9), Encoding("npy", channels="pages"))
        assert Encoding(channels="pages").of("npy").channels is None

"""Stacks that count their planes outside the directories of a TIFF: all are read, or the file is refused."""

import struct

import numpy as np
import pytest
import tifffile
from fakes import cropped

from convpipe.errors import LimitError, ReadError
from convpipe.images import Limits, probe, probe_pages, read, read_pages
from convpipe.images.tiff import ifd

NIH, UIC1, UIC2 = 43314, 33628, 33629


@pytest.fixture
def stack(rng):
    return rng.integers(0, 60_000, (5, 8, 9)).astype(np.uint16)


def check(path, stack):
    """Probing and reading give every plane, in order; so does reading one by its number."""
    assert probe(path).frames == len(stack)
    assert [info.extent for info in probe_pages(path)] == [plane.shape[:2] for plane in stack]
    for number, (image, plane) in enumerate(zip(read_pages(path), stack, strict=True)):
        np.testing.assert_array_equal(image.pixels, plane)
        np.testing.assert_array_equal(read(path, page=number).pixels, plane)


def header_of_nih(slices, order):
    """NIH Image's header, with the number of slices where ImageJ's TiffDecoder reads it too."""
    header = bytearray(460)
    struct.pack_into(order + "h", header, 260, slices)
    return (NIH, 7, len(header), bytes(header), True)


def tags_of_stk(planes):
    """MetaMorph's tags: the count of the second is the number of planes."""
    return [(UIC1, 4, 1, 0, True), (UIC2, 5, planes, tuple(range(2 * planes)), True)]


ONE_DIRECTORY = {
    "imagej": {"imagej": True},
    "tifffile": {},
    "nih": {"metadata": None, "byteorder": ">", "extratags": [header_of_nih(5, ">")]},
    "stk": {"metadata": None, "extratags": tags_of_stk(5)},
    "old tifffile": {"metadata": None, "description": "shape=(5, 8, 9)"},
    "imagej without sizes": {"metadata": None, "description": "ImageJ=1.53t\nimages=5\n"},
    "imagej by sizes alone": {"metadata": None, "description": "ImageJ=1.53t\nslices=5\n"},
    "big": {"bigtiff": True},
}


class TestOneDirectory:
    @pytest.mark.parametrize("options", ONE_DIRECTORY.values(), ids=ONE_DIRECTORY)
    def test_all_planes_are_read(self, tmp_path, stack, options):
        tifffile.imwrite(tmp_path / "a.tif", stack, truncate=True, **options)
        with tifffile.TiffFile(tmp_path / "a.tif") as file:
            assert len(file.pages) == 1
        check(tmp_path / "a.tif", stack)

    @pytest.mark.parametrize("rows", [3, 8])
    def test_planes_of_several_strips(self, tmp_path, stack, rows):
        tifffile.imwrite(
            tmp_path / "a.tif",
            stack,
            metadata=None,
            rowsperstrip=rows,
            extratags=tags_of_stk(5),
            contiguous=True,
        )
        data = bytearray((tmp_path / "a.tif").read_bytes())
        with tifffile.TiffFile(tmp_path / "a.tif") as file:
            first, second = file.pages[0], file.pages[1].offset
        struct.pack_into("<I", data, data.index(struct.pack("<I", second), first.offset), 0)
        (tmp_path / "a.tif").write_bytes(data)
        check(tmp_path / "a.tif", stack)

    def test_a_hyperstack_and_colour(self, tmp_path, rng):
        hyper = rng.integers(0, 256, (2, 3, 4, 8, 9)).astype(np.uint8)
        tifffile.imwrite(tmp_path / "a.tif", hyper, imagej=True, truncate=True, metadata={"axes": "TZCYX"})
        check(tmp_path / "a.tif", hyper.reshape(-1, 8, 9))
        colour = rng.integers(0, 256, (4, 8, 9, 3)).astype(np.uint8)
        tifffile.imwrite(tmp_path / "b.tif", colour, imagej=True, truncate=True)
        check(tmp_path / "b.tif", colour)

    @pytest.mark.parametrize("truncate", [False, True])
    @pytest.mark.parametrize("samples", [3, 4])
    @pytest.mark.parametrize(
        "counts", [(1, 1, 3), (1, 2, 3), (2, 1, 4), (2, 3, 3), (3, 2, 4), (1, 3, 1)], ids=str
    )
    def test_as_many_channels_as_samples(self, tmp_path, rng, counts, samples, truncate):
        """The bytes tell that no channel is a sample."""
        colour = rng.integers(0, 256, (*counts, 8, 9, samples)).astype(np.uint8)
        options = {"photometric": "rgb", "metadata": {"axes": "TZCYXS"}, "truncate": truncate}
        tifffile.imwrite(tmp_path / "a.tif", colour, imagej=True, **options)
        assert tifffile.imread(tmp_path / "a.tif", squeeze=False).shape[-6:] == colour.shape
        check(tmp_path / "a.tif", colour.reshape(-1, 8, 9, samples))

    def test_as_many_channels_as_samples_in_a_folder_job(self, source, run, tmp_path, rng):
        colour = rng.integers(0, 256, (2, 3, 8, 9, 3)).astype(np.uint8)
        tifffile.imwrite(source / "a.tif", colour, imagej=True, truncate=True)
        (record,) = run().results
        assert (record.pages, record.notes) == (6, ())
        result = tifffile.imread(tmp_path / "out" / "a.tif")
        np.testing.assert_array_equal(result, [[cropped(plane) for plane in planes] for planes in colour])

    def test_samples_that_are_counted_as_channels(self, tmp_path, rng):
        """Samples of a pixel lie together, and the file has no more than them; or it breaks off."""
        colour = rng.integers(0, 256, (2, 8, 9, 3)).astype(np.uint8)
        text = "ImageJ=1.53t\nimages=6\nchannels=3\nslices=2\n"
        tifffile.imwrite(tmp_path / "a.tif", colour, truncate=True, metadata=None, description=text)
        check(tmp_path / "a.tif", colour)
        assert "ImageJ's description counts 6 planes; the file has 2" in probe(tmp_path / "a.tif").notes
        (tmp_path / "a.tif").write_bytes((tmp_path / "a.tif").read_bytes() + bytes(colour[0].nbytes))
        with pytest.raises(ReadError, match="truncated: ImageJ's description counts 6 planes"):
            probe(tmp_path / "a.tif")

    def test_a_folder_job_filters_every_plane(self, source, run, stack, tmp_path):
        tifffile.imwrite(source / "a.tif", stack, imagej=True, truncate=True)
        (record,) = run().results
        assert record.pages == 5
        for image, plane in zip(read_pages(tmp_path / "out" / "a.tif"), stack, strict=True):
            np.testing.assert_array_equal(image.pixels, cropped(plane))

    def test_a_format_of_one_image_is_refused(self, source, run, stack):
        tifffile.imwrite(source / "a.tif", stack, imagej=True, truncate=True)
        assert "there are 5 pages" in run(format="png").failures[0].reason

    @pytest.mark.parametrize("options", ONE_DIRECTORY.values(), ids=ONE_DIRECTORY)
    def test_a_stack_that_breaks_off(self, tmp_path, stack, options):
        tifffile.imwrite(tmp_path / "a.tif", stack, truncate=True, **options)
        (tmp_path / "a.tif").write_bytes((tmp_path / "a.tif").read_bytes()[:-1])
        with pytest.raises(ReadError, match=r"truncated: .* counts 5 planes"):
            probe(tmp_path / "a.tif")

    def test_a_claim_of_millions_is_limited(self, tmp_path):
        description = "ImageJ=1.53t\nimages=30000\n"
        tifffile.imwrite(
            tmp_path / "a.tif", np.zeros((30_000, 1, 2), np.uint8), truncate=True, metadata=None,
            description=description,
        )  # fmt: skip
        with pytest.raises(LimitError, match="max_frames"):
            probe(tmp_path / "a.tif")
        assert probe(tmp_path / "a.tif", Limits(max_frames=30_000)).frames == 30_000


class TestDirectoriesOfTheirOwn:
    @pytest.mark.parametrize("options", [{"imagej": True}, {}, {"compression": "zlib"}, {"ome": True}])
    def test_a_plane_is_not_read_twice(self, tmp_path, stack, options):
        tifffile.imwrite(tmp_path / "a.tif", stack, **options)
        check(tmp_path / "a.tif", stack)

    def test_a_shape_that_is_not_one_of_such_pages_counts_nothing(self, tmp_path, stack):
        """As other programs leave it when they crop."""
        tifffile.imwrite(
            tmp_path / "a.tif", stack[0, :, :7].copy(), metadata=None, description='{"shape": [5, 8, 9]}'
        )
        (tmp_path / "a.tif").write_bytes((tmp_path / "a.tif").read_bytes() + bytes(10_000))
        check(tmp_path / "a.tif", stack[:1, :, :7])

    def test_a_header_of_nih_on_pages(self, tmp_path, stack):
        tifffile.imwrite(
            tmp_path / "a.tif", stack, metadata=None, byteorder=">", extratags=[header_of_nih(5, ">")]
        )
        check(tmp_path / "a.tif", stack)

    @pytest.mark.parametrize("slices", [1, 2])
    def test_channels_that_are_samples(self, tmp_path, rng, slices):
        """Bio-Formats counts separate samples as ImageJ's channels."""
        pages = rng.integers(0, 256, (slices, 3, 8, 9)).astype(np.uint8)
        text = f"ImageJ=1.53t\nimages={3 * slices}\nchannels=3\nslices={slices}\n"
        tifffile.imwrite(
            tmp_path / "a.tif",
            pages,
            photometric="rgb",
            planarconfig="separate",
            metadata=None,
            description=text,
        )
        (tmp_path / "a.tif").write_bytes((tmp_path / "a.tif").read_bytes() + bytes(10_000))
        check(tmp_path / "a.tif", np.moveaxis(pages, 1, -1))

    def test_several_series(self, tmp_path, stack, rng):
        other = rng.integers(0, 256, (3, 6, 7)).astype(np.uint8)
        with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
            writer.write(stack)
            writer.write(other, photometric="minisblack")
        check(tmp_path / "a.tif", [*stack, *other])

    @pytest.mark.parametrize("compression", [None, "zlib"])
    def test_one_image_of_a_stack_copied_with_its_description(self, tmp_path, stack, compression):
        """As tiffcp and tiffsplit do; the directory, behind the pixels, stands where planes would be."""
        tifffile.imwrite(
            tmp_path / "a.tif", stack[0], compression=compression, metadata=None, byteorder="<",
            description="ImageJ=1.53t\nimages=5\nslices=5\n",
        )  # fmt: skip
        data = bytearray((tmp_path / "a.tif").read_bytes())
        (first,) = struct.unpack_from("<I", data, 4)
        length = 2 + 12 * struct.unpack_from("<H", data, first)[0] + 4
        struct.pack_into("<I", data, 4, len(data))
        (tmp_path / "a.tif").write_bytes(data + data[first : first + length])
        check(tmp_path / "a.tif", stack[:1])
        assert "ImageJ's description counts 5 planes; the file has 1" in probe(tmp_path / "a.tif").notes

    def test_planes_that_are_compressed_have_no_place(self, tmp_path, stack):
        tifffile.imwrite(
            tmp_path / "a.tif", stack[0], compression="lzw", metadata=None, extratags=tags_of_stk(5)
        )
        with pytest.raises(ReadError, match="counts 5 planes, and they do not lie one behind the other"):
            probe(tmp_path / "a.tif")

    @pytest.mark.parametrize("rows", [2, 4])
    def test_planes_behind_strips_that_lie_apart_have_no_place(self, tmp_path, stack, rows):
        tifffile.imwrite(
            tmp_path / "a.tif", stack[0], rowsperstrip=rows, metadata=None, extratags=tags_of_stk(5)
        )
        with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
            first, *others = file.pages[0].dataoffsets
            file.pages[0].tags["StripOffsets"].overwrite((*others, first))
        (tmp_path / "a.tif").write_bytes((tmp_path / "a.tif").read_bytes() + bytes(10_000))
        with pytest.raises(ReadError, match="counts 5 planes, and they do not lie one behind the other"):
            probe(tmp_path / "a.tif")


def test_planes_that_nothing_counts_are_noted(tmp_path, stack):
    tifffile.imwrite(tmp_path / "a.tif", stack, truncate=True, metadata=None)
    check(tmp_path / "a.tif", stack[:1])
    assert probe(tmp_path / "a.tif").notes == (
        "576 bytes behind the pixels are of no page; they could hold 4 more",
    )
    data = (tmp_path / "a.tif").read_bytes()
    (tmp_path / "a.tif").write_bytes(data[: -(3 * stack[0].nbytes + 1)])
    assert probe(tmp_path / "a.tif").notes == ()


def directory_behind(path, stack, description=b""):
    """Write planes with the directory of the first one right behind the last one."""
    layout, (_, rows, cols) = ifd.Layout("<"), stack.shape
    numbers = {256: cols, 257: rows, 258: 16, 259: 1, 262: 1, 273: 8, 277: 1, 278: rows, 279: stack[0].nbytes}
    fields = [ifd.Field(tag, 4, 1, struct.pack("<I", number)) for tag, number in numbers.items()]
    if description:
        fields.append(ifd.Field(270, 2, len(description) + 1, description + b"\0"))
    at = 8 + stack.nbytes
    head = layout.header + layout.offset.pack(at)
    path.write_bytes(head + stack.tobytes() + ifd.pack(fields, layout, at))


def test_planes_may_end_where_the_directory_begins(tmp_path, stack):
    directory_behind(tmp_path / "a.tif", stack, b"ImageJ=1.53t\nimages=5\n")
    check(tmp_path / "a.tif", stack)
    directory_behind(tmp_path / "b.tif", stack, b"ImageJ=1.53t\nimages=6\n")
    assert probe(tmp_path / "b.tif").frames == 1
    assert "counts 6 planes; the file has 1" in probe(tmp_path / "b.tif").notes[0]


def test_a_directory_right_behind_the_pixels_leaves_no_room_for_planes(tmp_path, stack):
    directory_behind(tmp_path / "a.tif", stack[:1, :1, :1])
    check(tmp_path / "a.tif", stack[:1, :1, :1])
    assert probe(tmp_path / "a.tif").notes == ()


class TestVolumes:
    @pytest.mark.parametrize(
        "options",
        [{}, {"compression": "zlib"}, {"rowsperstrip": 3}, {"tile": (1, 16, 16)},
         {"compression": "lzw", "predictor": True, "rowsperstrip": 3}],
        ids=str,
    )  # fmt: skip
    def test_every_slice_is_read(self, tmp_path, stack, options):
        tifffile.imwrite(tmp_path / "a.tif", stack, volumetric=True, **options)
        check(tmp_path / "a.tif", stack)

    @pytest.mark.parametrize("compression", [None, "zlib"])
    def test_in_separate_channels(self, tmp_path, rng, compression):
        volume = rng.integers(0, 256, (3, 5, 8, 9)).astype(np.uint8)
        tifffile.imwrite(
            tmp_path / "a.tif", volume, volumetric=True, photometric="rgb", planarconfig="separate",
            compression=compression, rowsperstrip=3,
        )  # fmt: skip
        check(tmp_path / "a.tif", np.moveaxis(volume, 0, -1))

    def test_deep_tiles_and_several_volumes_are_refused(self, tmp_path, stack):
        tifffile.imwrite(tmp_path / "a.tif", stack, volumetric=True, tile=(2, 16, 16))
        with pytest.raises(ReadError, match="tiles 2 deep, of a volume 5 deep"):
            probe(tmp_path / "a.tif")
        tifffile.imwrite(tmp_path / "b.tif", np.stack([stack, stack]), volumetric=True, truncate=True)
        with pytest.raises(ReadError, match="counts 2 volumes, each 5 deep"):
            probe(tmp_path / "b.tif")

    @pytest.mark.parametrize("depth", [0, 5])
    def test_a_depth_that_its_writer_is_known_to_get_wrong(self, tmp_path, stack, depth):
        tifffile.imwrite(
            tmp_path / "a.tif",
            stack,
            metadata=None,
            software="ISS Vista",
            extratags=[(32997, 4, 1, depth, False)],
        )
        check(tmp_path / "a.tif", stack)


def test_the_preview_of_raw_sensor_data_is_not_taken_for_the_picture(tmp_path, stack):
    with tifffile.TiffWriter(tmp_path / "a.tif") as writer:
        writer.write(stack[0, ::2, ::2].copy(), subfiletype=1, subifds=1, metadata=None)
        writer.write(stack[0], metadata=None)
    with pytest.raises(ReadError, match="a reduced one of another below it"):
        probe(tmp_path / "a.tif")

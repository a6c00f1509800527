"""Where results go: refused before any work if something would be lost."""

import os
import tracemalloc
import unicodedata
from pathlib import Path

import pytest

from convpipe.batch import Found, find_images, outputs
from convpipe.batch.outputs import result_folder
from convpipe.batch.results import Result
from convpipe.errors import JobError, WriteError
from convpipe.images import Encoding, Folder


def map_outputs(found, output, format):
    """Where the one result of each input goes."""
    pairs = outputs.map_outputs(found, output, [Result("result", Encoding(format))])
    return {relative: target for relative, (target,) in pairs}


def found(*names, root="in"):
    return Found(Path(root), tuple(map(Path, names)))


def test_tree_is_mirrored_and_extensions_follow_the_format(tmp_path):
    targets = map_outputs(found("a/b.JPG", "c.tif", "d.jpeg"), tmp_path, "jpeg")
    assert {source.as_posix(): target.as_posix() for source, target in targets.items()} == {
        "a/b.JPG": "a/b.JPG",
        "c.tif": "c.jpg",
        "d.jpeg": "d.jpeg",
    }


@pytest.mark.parametrize(
    ("names", "format"),
    [
        (("a.png", "a.jpg"), "png"),
        (("d/A.png", "d/a.png"), None),
        ((unicodedata.normalize("NFC", "ü.png"), unicodedata.normalize("NFD", "ü.png")), None),
        (("STRASSE.png", "straße.png"), None),
        (("a.jpg", "a.png/b.png"), "png"),
    ],
)
def test_two_inputs_to_one_output(tmp_path, names, format):
    with pytest.raises(JobError) as caught:
        map_outputs(found(*names), tmp_path / "out", format)
    assert all(repr(name) in str(caught.value) or ascii(name) in str(caught.value) for name in names)
    assert not (tmp_path / "out").exists()


def test_names_that_look_the_same_are_told_apart(tmp_path):
    with pytest.raises(JobError, match=r"'\\xfc\.png' and 'u\\u0308\.png' both become"):
        map_outputs(found("\u00fc.png", "u\u0308.png"), tmp_path / "out", None)


def test_every_clash_is_named_up_to_a_limit(tmp_path):
    twins = [f"{i:02}{extension}" for i in range(15) for extension in (".png", ".jpg")]
    with pytest.raises(JobError, match=r"set no output format.*'00\.png'.*'09\.png'.*and 5 more$"):
        map_outputs(found(*twins), tmp_path, "png")


def scanned(source, **options):
    (source / "sub").mkdir(exist_ok=True)
    (source / "sub" / "a.png").touch()
    return find_images(source, **options)


def test_names_that_hashes_alone_take_for_the_same_are_no_clash(tmp_path, monkeypatch):
    monkeypatch.setattr("convpipe.batch.keys.hash", len, raising=False)
    assert len(map_outputs(found("a.png", "b.png", root=tmp_path), tmp_path / "out", None)) == 2


@pytest.mark.usefixtures("collector")
def test_very_many_inputs_take_no_memory_for_each(source, tmp_path):
    count = 4_000
    for at in range(count):
        (source / f"a picture of a long name {at:04}.png").touch()

    def most():
        tracemalloc.start()
        try:
            images = find_images(source)
            pairs = outputs.map_outputs(images, tmp_path / "out", [Result("result")])
            assert sum(1 for _ in pairs) == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    # Twice: Python keeps the parts of all paths in one table of the process, and if that grows
    # by half here, it has room enough the next time. As paths they take more than a kilobyte each.
    assert min(most(), most()) < 150 * count


def test_output_inside_the_input(source):
    with pytest.raises(JobError, match=r"lies inside the input.*exclude 'x/out/\*\*'"):
        map_outputs(scanned(source), source / "x" / "out", None)
    assert not (source / "x").exists()


@pytest.mark.parametrize(
    ("options", "format"),
    [
        ({"exclude": ["out/**"]}, None),
        ({"exclude": ["out"]}, None),
        ({"include": ["*.png"]}, "tiff"),
        ({"include": ["sub/*.png"]}, None),
    ],
)
def test_output_inside_the_input_but_never_read_again(source, options, format):
    assert len(map_outputs(scanned(source, **options), source / "out", format)) == 1


@pytest.mark.parametrize("output", [".", "sub/.."])
def test_output_is_the_input(source, output):
    with pytest.raises(JobError, match="would replace an input"):
        map_outputs(scanned(source), source / output, None)


def test_output_reaches_the_input_through_a_link(source, tmp_path):
    (tmp_path / "link").symlink_to(source)
    with pytest.raises(JobError, match="would replace an input"):
        map_outputs(scanned(source), tmp_path / "link", None)


def test_result_would_replace_an_input_below_the_output(source):
    (source / "in").mkdir()
    (source / "in" / "a.png").touch()
    (source / "a.png").touch()
    with pytest.raises(JobError, match=r"result of 'in/a\.png' would replace an input"):
        map_outputs(find_images(source), source.parent, None)


def test_input_below_the_output_is_fine(source, tmp_path):
    assert len(map_outputs(scanned(source), tmp_path, None)) == 1


def test_one_image_beside_its_result(source):
    (source / "a.jpg").touch()
    one = find_images(source / "a.jpg")
    assert map_outputs(one, source, "png") == {Path("a.jpg"): Path("a.png")}
    assert map_outputs(one, source / "out", None) == {Path("a.jpg"): Path("a.jpg")}
    with pytest.raises(JobError, match="would replace an input"):
        map_outputs(one, source, None)


def test_output_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(JobError, match="cannot be made"):
        map_outputs(found(), tmp_path / "file", None)
    with pytest.raises(JobError, match="cannot be made"):
        map_outputs(found(), tmp_path / "file" / "below", None)


def test_read_only_output_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)  # tests may run as root
    with pytest.raises(JobError, match="cannot be written"):
        map_outputs(found(), tmp_path, None)


def test_folder_linked_out_of_the_output(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "inside").mkdir()
    (tmp_path / "out" / "away").symlink_to(tmp_path)
    (tmp_path / "out" / "near").symlink_to("inside")
    with Folder(tmp_path / "out") as out:
        with result_folder(out, Path("near/a.png")) as near:
            assert near.in_place()
        with pytest.raises(FileNotFoundError):
            result_folder(out, Path("new/a.png"))
        result_folder(out, Path("near/new/a.png"), make=True).close()
        assert (tmp_path / "out" / "inside" / "new").is_dir()
        for folder in ("away", "away/new"):
            with pytest.raises(WriteError, match="leads out of the output folder"):
                result_folder(out, Path(folder, "a.png"), make=True)
    assert not (tmp_path / "new").exists()


def test_folder_whose_name_is_taken(tmp_path):
    (tmp_path / "sub").touch()
    with (
        Folder(tmp_path) as out,
        pytest.raises(WriteError, match=r"cannot make the folder .*: Not a directory"),
    ):
        result_folder(out, Path("sub/a.png"), make=True)

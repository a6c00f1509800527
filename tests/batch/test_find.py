"""Inputs: found in a fixed order, refused with a reason, without hanging."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from convpipe.batch import Selection, find_images
from convpipe.errors import JobError


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def names(found):
    return [path.as_posix() for path in found.images]


def test_takes_every_image_format_in_sorted_order(source):
    touch(
        source, "b.png", "a/z.JPG", "a.tif", "notes.txt", "a/y.webp", ".0.convpipe-tmp", "q.png.convpipe-tmp"
    )
    assert names(find_images(source)) == ["a/y.webp", "a/z.JPG", "a.tif", "b.png"]


def test_not_recursive(source):
    touch(source, "b.png", "a/z.png")
    assert names(find_images(source, recursive=False)) == ["b.png"]


def test_include_takes_images_and_what_it_names(source):
    touch(source, "p/a.png", "p/README.md", "p/scan.dat", "q/b.png")
    assert names(find_images(source, ["p/**"])) == ["p/a.png"]
    assert names(find_images(source, ["p/**", "*.dat"])) == ["p/a.png", "p/scan.dat"]


def test_exclude_wins_and_leaves_out_whole_folders(source):
    touch(source, "a.png", "thumbs/a.png", "x/thumbs/b.png", "x/c.png")
    assert names(find_images(source, ["*.png"], ["thumbs"])) == ["a.png", "x/c.png"]
    assert names(find_images(source, exclude=["/thumbs/"])) == ["a.png", "x/c.png", "x/thumbs/b.png"]


def test_selection_says_what_a_scan_would_take(source):
    assert Selection().takes(Path("out/a.png"))
    assert not Selection(recursive=False).takes(Path("out/a.png"))
    assert not Selection(exclude=("out/**",)).takes(Path("out/a.png"))
    assert not Selection(include=("*.png",)).takes(Path("out/a.tif"))


def test_one_file(source):
    touch(source, "a.png", "b.png")
    found = find_images(source / "a.png", include=["b*"])
    assert (found.root, names(found)) == (source, ["a.png"])


@pytest.mark.parametrize("missing", ["nothing", "null\0character"])
def test_no_input(source, missing):
    with pytest.raises(JobError, match="cannot be opened"):
        find_images(source / missing)


def test_pipe_as_input_is_refused_at_once(source):
    os.mkfifo(source / "pipe.png")
    with pytest.raises(JobError, match="neither a folder nor a regular file"):
        find_images(source / "pipe.png")


def test_what_is_no_file_is_skipped_with_a_reason(source, tmp_path):
    touch(source, "good.png", "folder.png/inner.png")
    touch(tmp_path, "elsewhere/secret.png")
    os.mkfifo(source / "pipe.png")
    (source / "dangling.png").symlink_to("nowhere.png")
    (source / "loop.png").symlink_to("loop.png")
    (source / "out.png").symlink_to(tmp_path / "elsewhere" / "secret.png")
    (source / "linked").symlink_to(tmp_path / "elsewhere")
    (source / "up").symlink_to(source)
    (source / "alias.png").symlink_to("good.png")
    (source / "text.txt").symlink_to("nowhere")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(source / "socket.png"))
        found = find_images(source)
    assert names(found) == ["alias.png", "folder.png/inner.png", "good.png"]
    reasons = {path.as_posix(): reason for path, reason in found.skipped}
    expected = {
        "dangling.png": "No such file",
        "folder.png": "a folder",
        "linked": "a link to a folder",
        "loop.png": "Too many levels",
        "out.png": "a link out of",
        "pipe.png": "not a regular file",
        "socket.png": "not a regular file",
        "up": "a link to a folder",
    }
    assert list(reasons) == sorted(expected)
    for name, words in expected.items():
        assert words in reasons[name]


def test_links_to_folders_are_no_news_where_folders_are_not_entered(source):
    touch(source, "good.png")
    (source / "up").symlink_to(source)
    assert find_images(source, recursive=False).skipped == ()


def test_odd_names(source):
    odd = ["-rf.png", "a\nb.png", "[x].png", "  .png", "n" * 251 + ".png", os.fsdecode(b"\xff\xfe.png")]
    touch(source, *odd)
    assert sorted(names(find_images(source))) == sorted(odd)


def test_folders_beyond_the_recursion_limit(source):
    descriptor = os.open(source, os.O_RDONLY)
    for _ in range(1200):  # one letter each: the whole path stays below the system's limit
        os.mkdir("d", dir_fd=descriptor)
        below = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(os.open("a.png", os.O_CREAT, dir_fd=descriptor))
    os.close(descriptor)
    try:
        assert names(find_images(source)) == ["d/" * 1200 + "a.png"]
    finally:  # pytest's own clearing is recursive
        subprocess.run(["rm", "-rf", source / "d"], check=True)


def test_folder_that_cannot_be_listed(source, monkeypatch):
    touch(source, "a.png", "locked/b.png")
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find_images(source)
    assert names(found) == ["a.png"]
    assert found.unreadable == ((Path("locked"), "the folder cannot be listed: Permission denied"),)
    with pytest.raises(JobError, match="cannot be listed: Permission denied"):
        find_images(source / "locked")

"""Inputs: found in a fixed order, refused with a reason, without hanging."""

import errno
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


def test_names_are_sorted_by_their_parts(source):
    paths = ["a/b.png", "a-b.png", "a.png", "A/b.png", "a/\U0001f600.png", "a/é.png"]
    touch(source, *paths)
    assert list(find_images(source).images) == sorted(map(Path, paths))


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


def entry_failing(monkeypatch, name, number):
    """Let the system refuse to look at one name, as it would a user without rights, or on a failing disk."""
    scandir = os.scandir

    class Entry:
        def __init__(self, entry):
            self.real, self.name, self.path = entry, entry.name, entry.path

        def stat(self):
            if self.name == name:
                raise OSError(number, os.strerror(number))
            return self.real.stat()

        def is_dir(self, follow_symlinks=True):
            return self.real.is_dir(follow_symlinks=follow_symlinks)

        def is_symlink(self):
            return self.real.is_symlink()

    class Scan:
        def __init__(self, path):
            self.real = scandir(path)

        def __enter__(self):
            return map(Entry, self.real)

        def __exit__(self, *_):
            self.real.close()

    monkeypatch.setattr(os, "scandir", Scan)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE, errno.ENOENT])
def test_a_file_that_cannot_be_looked_at_is_a_failure(source, monkeypatch, number):
    touch(source, "a.png", "b.png", "b.txt")
    entry_failing(monkeypatch, "b.png", number)
    found = find_images(source)
    assert names(found) == ["a.png"]
    assert found.unreadable == ((Path("b.png"), f"cannot be opened: {os.strerror(number)}"),)
    assert found.skipped == ()


@pytest.mark.parametrize("number", [errno.EACCES, errno.EIO, errno.ESTALE])
def test_a_link_to_where_nobody_may_look_is_a_failure_and_a_dangling_one_is_not(source, monkeypatch, number):
    touch(source, "a.png")
    for name in ("b.png", "more"):
        (source / name).symlink_to("nowhere")
    entry_failing(monkeypatch, "b.png", number)
    found = find_images(source)
    assert found.unreadable == ((Path("b.png"), f"cannot be followed: {os.strerror(number)}"),)
    monkeypatch.undo()
    assert [path.name for path, _ in find_images(source).skipped] == ["b.png"]
    entry_failing(monkeypatch, "more", number)  # perhaps a folder, which would not be entered
    assert [path.name for path, _ in find_images(source).skipped] == ["b.png", "more"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="gives up the rights of root")
def test_a_folder_that_may_be_listed_but_not_searched(tmp_path):
    """Mode 444: its names are seen, and nothing else."""
    touch(tmp_path, "in/a.png", "in/locked/b.png", "in/locked/deep/c.png", "in/locked/notes.txt")
    (tmp_path / "in" / "link.png").symlink_to("locked/b.png")
    for folder in (tmp_path, *tmp_path.parents[:-1]):
        folder.chmod(folder.stat().st_mode | 0o055)
    (tmp_path / "in" / "locked").chmod(0o444)
    os.seteuid(65534)
    try:
        found = find_images(tmp_path / "in")
    finally:
        os.seteuid(0)
        (tmp_path / "in" / "locked").chmod(0o755)
    assert names(found) == ["a.png"]
    assert {path.as_posix(): reason for path, reason in found.unreadable} == {
        "link.png": "cannot be followed: Permission denied",
        "locked/b.png": "cannot be opened: Permission denied",
        "locked/deep": "the folder cannot be listed: Permission denied",
    }


def test_what_is_no_format_that_is_read_is_listed(source):
    touch(source, "a.png", "b.heic", "more/c.CR2", ".DS_Store", "d", "x/e.pdf")
    listed = [path.as_posix() for path in find_images(source).unsupported]
    assert listed == ["b.heic", "d", "more/c.CR2", "x/e.pdf"]
    for options in ({"include": ["*.png"]}, {"exclude": ["b.*", "d", "more", "x"]}, {"include": ["*.heic"]}):
        assert find_images(source, **options).unsupported == ()
    assert names(find_images(source, include=["*.heic"])) == ["b.heic"]
    assert [path.as_posix() for path in find_images(source, include=["more/**"]).unsupported] == [
        "more/c.CR2"
    ]


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

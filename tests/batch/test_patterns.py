"""Globs: what they match, and that no pattern makes matching slow."""

import re
import unicodedata
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convpipe.batch import matches, patterns


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("A.JPG", "*.jpg", True),
        ("a/b/c.jpg", "*.jpg", True),
        ("a/b/c.jpg", "a/*.jpg", False),
        ("a/b/c.jpg", "a/*/*.jpg", True),
        ("a/b/c.jpg", "a/**", True),
        ("a/b/c.jpg", "a/", True),
        ("ab/c.jpg", "a/", False),
        ("c.jpg", "**/*.jpg", True),
        ("a/b/c.jpg", "**/b/*", True),
        ("a/b/c.jpg", "./a/**/c.jpg", True),
        ("a/c.jpg", "a/**/c.jpg", True),
        ("a/c.jpg", "/c.jpg", False),
        ("c.jpg", "/c.jpg", True),
        ("c1.jpg", "c[0-9].jpg", True),
        ("cx.jpg", "c[!0-9].jpg", True),
        ("c.jpg", "", False),
        ("a/c.jpg", "**", True),
        ("c.jpg", "a**g", False),
        ("abg", "a**g", True),
        ("a/b/c/b/d.jpg", "a/**/b/*.jpg", True),
        ("a/b/c/d.jpg", "a/**/b/*.jpg", False),
        ("a/b.jpg", "a/**/**/**/b.jpg", True),
        ("a", "a/**", True),
        (".hidden.png", "*.png", True),
        (".cache/a.png", "*/*.png", True),
        ("a.png", "?.png", True),
        ("{a,b}.png", "{a,b}.png", True),
        ("a.png", "{a,b}.png", False),
        ("a\\b.png", "a\\b.png", True),
        (unicodedata.normalize("NFD", "für.png"), unicodedata.normalize("NFC", "für.*"), True),
    ],
)
def test_globs(path, pattern, expected):
    assert matches(Path(path), pattern) is expected


def by_definition(names, steps):
    """Try every number of folders for every `**`: exponential, and plainly right."""
    if not steps:
        return not names
    if steps[0] == "**":
        return any(by_definition(names[taken:], steps[1:]) for taken in range(len(names) + 1))
    return bool(names) and fnmatchcase(names[0], steps[0]) and by_definition(names[1:], steps[1:])


@given(
    st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=7),
    st.lists(st.sampled_from(["a", "b", "a*", "*b", "?", "**", "**"]), min_size=2, max_size=7),
)
def test_any_pattern_matches_as_its_definition_says(names, steps):
    assert matches(Path(*names), "/".join(steps)) is by_definition(names, steps)


@pytest.mark.parametrize(
    ("steps", "last"), [(["**"] * 30, "x.png"), (["**", "a"] * 30, "x.png"), (["**", "a*a*a*a"] * 12, "b")]
)
def test_the_work_is_bounded_by_the_product_of_the_lengths(monkeypatch, steps, last):
    names, tried = ["aaaaaaaa"] * 60, 0
    fits = patterns._fits

    def counted(step, name):
        nonlocal tried
        tried += 1
        return fits(step, name)

    monkeypatch.setattr(patterns, "_fits", counted)
    assert not matches(Path(*names, "y.png"), "/".join([*steps, last]))
    assert 0 < tried <= (len(names) + 1) * (len(steps) + 1)


def test_a_name_is_not_tried_in_exponential_ways():
    # fnmatch never takes a `*` back once what follows it was found; with plain `.*` this would not end.
    pattern = "*a" * 40 + "b"
    assert "(?" in re.sub(r"\(\?s:", "", patterns._steps(pattern)[0].pattern)
    assert not matches(Path("a" * 200), pattern)

"""Stores within the process, images in them, and what lies there."""

import itertools

import numpy as np
import pytest

from convpipe.images import Encoding, Page, encode, format_of
from convpipe.stores import Url
from convpipe.stores.store import Store

NUMBERS = itertools.count()


@pytest.fixture
def bucket():
    """The URL of a store that no other test has."""
    return f"memory://test{next(NUMBERS)}"


@pytest.fixture
def put():
    """Return a function that writes an object: an image whose pixels have one value, or bytes."""

    def put(url, content=7, shape=(8, 10)):
        url = Url.parse(url)
        if not isinstance(content, bytes):
            page = Page(np.full(shape, content, "uint8"))
            content = b"".join(encode(page, Encoding(format_of(url.name) or "png")).pieces)
        Store(url.parent).write(url.name, [content], len(content), new=False)

    return put


@pytest.fixture
def get():
    """Return a function that reads an object."""
    return lambda url: Store(Url.parse(url).parent).read(Url.parse(url).name)


@pytest.fixture
def names():
    """Return a function that lists the objects below a URL, but for journals."""
    return lambda url: sorted(
        found.path for found in Store(Url.parse(url)).listed() if ".convpipe-journal" not in found.path
    )

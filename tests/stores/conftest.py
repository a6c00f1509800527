"""Stores within the process, images in them, and what lies there."""

import itertools
import logging
import urllib.request

import numpy as np
import pytest
from stores.faulty import Faults, faulty

from convpipe.images import Encoding, Page, encode, format_of
from convpipe.stores import Url
from convpipe.stores import store as stores
from convpipe.stores.store import Store

SECRET = "hush-hush-hush-hush"
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


@pytest.fixture(scope="module")
def port():
    """The port of an S3 on this machine, as moto serves it."""
    server = pytest.importorskip(
        "moto.server", reason="moto is not installed: no S3 is there to be tested with"
    )
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    served = server.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    served.start()
    yield served.get_host_and_port()[1]
    served.stop()


@pytest.fixture
def faults(port, monkeypatch):
    """The faults between a store and whoever asks it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA" + SECRET)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setattr(stores, "PAUSE_SECONDS", 0.01)
    faults = Faults()
    with faulty(port, faults) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield faults


@pytest.fixture
def s3(port, faults):
    """The URL of a bucket that no other test has."""
    name = f"bucket{next(NUMBERS)}"
    made = urllib.request.Request(f"http://127.0.0.1:{port}/{name}", method="PUT")
    urllib.request.urlopen(made).close()
    return f"s3://{name}"

"""A cluster of two processes for all tests of a module, and a folder of images."""

import logging

import numpy as np
import pytest

from convpipe.images import Page, write

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def client():
    """Return a client of two workers of a thread each."""
    how = {"dashboard_address": "127.0.0.1:0", "silence_logs": logging.CRITICAL, "host": "127.0.0.1"}
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, **how) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def folder(tmp_path):
    """Return a function that makes a folder of images, whose pixels have one value each."""

    def made(values, name="in"):
        place = tmp_path / name
        place.mkdir(exist_ok=True)
        for at, value in enumerate(values):
            write(place / f"{at:03}.png", Page(np.full((8, 10), value, "uint8"), alpha=False), overwrite=True)
        return place

    return made


@pytest.fixture
def tree():
    """Return a function that reads all results below a folder."""
    return lambda place: {
        path.relative_to(place).as_posix(): path.read_bytes()
        for path in place.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }

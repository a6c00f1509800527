"""A session on two images, and a server of it that listens."""

import threading

import numpy as np
import pytest

from convpipe.display import Shown
from convpipe.tuner.sample import Sample
from convpipe.tuner.session import Session

TEXT = """\
# edges, softly
name: edges
stages:
  - blur: gaussian   # first
    sigma: 1.4
  # then
  - edge: sobel
"""


@pytest.fixture
def text():
    return TEXT


@pytest.fixture
def samples(rng):
    images = rng.integers(0, 256, (2, 40, 60), dtype=np.uint8)
    return [Sample(f"{at}.png", lambda at=at: Shown(images[at])) for at in range(2)]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "edges.yaml"
    path.write_text(TEXT)
    return path


@pytest.fixture
def session(path, samples):
    return Session(path, samples)


@pytest.fixture
def server(session):
    """A server that answers until the test has ended."""
    pytest.importorskip("uvicorn")
    from convpipe.tuner.server import Server

    made = Server(session)
    thread = threading.Thread(target=made.run)
    thread.start()
    yield made
    made.stop()
    thread.join(10)
    assert not thread.is_alive()

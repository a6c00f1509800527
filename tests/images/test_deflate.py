"""What is deflated does not depend on the thread that does it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from convpipe.images import Encoding, Page, encode

THREADS = 400
"""At a time, so that each has a stack of its own."""


@pytest.mark.parametrize("encoding", [Encoding("png"), Encoding("tiff", compression=1)], ids=str)
def test_a_tiny_image_has_the_same_bytes_in_each_thread(encoding):
    pixels, all_there = np.full((6, 8), 7, np.uint8), threading.Barrier(THREADS)

    def content(_):
        all_there.wait()
        return b"".join(encode(Page(pixels), encoding).pieces)

    with ThreadPoolExecutor(THREADS) as pool:
        assert len(set(pool.map(content, range(THREADS)))) == 1

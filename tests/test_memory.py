"""Arrays reuse the memory of arrays that are gone, and only of those."""

import gc
import platform
import subprocess
import sys

import numpy as np
import pytest

from convpipe import ConvpipeError, Pipeline, memory, stage
from convpipe.errors import AllocationError

SHAPE = (1024, 1025)


@pytest.fixture(autouse=True)
def nothing_kept():
    memory._free.clear()
    yield
    memory._free.clear()


def address(array):
    return array.__array_interface__["data"][0]


def test_memory_comes_back_when_the_last_view_is_gone():
    first = memory.empty(SHAPE, np.float32)
    view, where = first[::2, 3:].T, address(first)
    del first
    gc.collect(0)
    assert address(memory.empty(SHAPE, np.float32)) != where
    del view
    gc.collect(0)
    again = memory.empty((SHAPE[1], SHAPE[0]), np.int32)  # of the same size in bytes
    assert address(again) == where
    assert again.flags.writeable
    assert again.flags.c_contiguous


@pytest.mark.parametrize("padding", [10**8, 10**9])
def test_a_result_that_fits_no_memory_is_refused_with_its_size(padding):
    side = 3 + 2 * padding  # less a box
    words = f"an array of {side}x{side} uint8 takes {side**2 / 2**30:,.1f} GiB, and there is no memory for it"
    pipeline = Pipeline([stage("blur", "box", padding=padding)])
    for error in (ConvpipeError, MemoryError):
        with pytest.raises(error, match=words):
            pipeline(np.zeros((5, 5), np.uint8))


def test_bytes_that_no_index_counts_are_refused_too():
    with pytest.raises(AllocationError, match="8000000000x8000000000 uint8 takes"):
        memory.empty((8 * 10**9, 8 * 10**9), np.uint8)


def test_no_more_is_kept_than_the_limit(monkeypatch):
    monkeypatch.setattr(memory, "MOST", 9 << 20)
    arrays = [memory.empty((1 << 20,), np.float32) for _ in range(5)]
    del arrays
    gc.collect(0)
    assert [len(blocks) for blocks in memory._free.values()] == [2]


def test_sizes_used_last_are_kept(monkeypatch):
    monkeypatch.setattr(memory, "MOST", 9 << 20)
    for mebibytes in (2, 4, 3, 2, 4):
        memory.empty((mebibytes << 20,), np.uint8)
        gc.collect(0)
    assert {size >> 20: len(blocks) for size, blocks in memory._free.items()} == {3: 1, 2: 1, 4: 1}
    memory.empty((5 << 20,), np.uint8)
    gc.collect(0)
    assert [size >> 20 for size in memory._free] == [4, 5]


def test_one_block_above_the_limit_is_kept_until_another_size_is_asked_for(monkeypatch):
    monkeypatch.setattr(memory, "MOST", 3 << 20)
    arrays = [memory.empty((1 << 20,), np.float32) for _ in range(2)]
    where = {address(array) for array in arrays}
    del arrays
    gc.collect(0)
    assert {size >> 20: len(blocks) for size, blocks in memory._free.items()} == {4: 1}
    again = memory.empty((1 << 20,), np.float32)
    assert address(again) in where
    del again
    gc.collect(0)
    small = memory.empty((1 << 20,), np.uint8)
    assert (4 << 20) not in memory._free
    del small


@pytest.mark.parametrize("place", [0, 16, 64, 1000, 4095, 1 << 40])
def test_a_large_array_begins_at_a_place_of_its_page(place):
    for _ in range(2):  # in a new block, and in one that was given back
        made = memory.empty((3 << 20,), np.uint8, place)
        made[:] = 7
        assert address(made) % 4096 == place % 4096 // 64 * 64
        del made
        gc.collect(0)
    assert sum(map(len, memory._free.values())) == 1


@pytest.mark.parametrize(
    ("stages", "far"), [([("rank", "median")], True), ([("blur", "gaussian")] * 2, False)]
)
def test_a_result_is_half_a_page_from_what_is_read_when_it_is_written(rng, stages, far):
    image = rng.random((1024, 1024)).astype(np.float32)
    pipeline = Pipeline([stage(*names, **({"sigma": 1} if "blur" in names else {})) for names in stages])
    for given in (image, np.concatenate([image[:1], image])[1:]):
        place = (address(pipeline(given)) - address(given)) % 4096
        assert min(abs(place - 2048 * far), 4096 - place) <= 64


def test_a_kept_result_is_not_overwritten(rng):
    pipeline = Pipeline([stage("edge", "sobel")])
    images = [rng.random(SHAPE).astype(np.float32) for _ in range(3)]
    kept = [pipeline(image) for image in images]
    copies = [result.copy() for result in kept]
    for image in images:
        pipeline(image[::-1])
    for result, copy in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(result, copy)


def test_contents_of_about_one_size_share_a_block():
    first = memory.buffer(5_300_000)
    where = address(np.asarray(first))
    del first
    gc.collect(0)
    again = memory.buffer(5_450_000)
    assert len(again) == 5_450_000
    assert address(np.asarray(again)) == where


def test_a_result_takes_the_block_of_what_its_image_was_inflated_to():
    rows, cols = 2048, 3072
    inflated = memory.buffer(rows * (3 * cols + 1))
    where = address(np.asarray(inflated))
    del inflated
    gc.collect()
    assert address(memory.empty((rows, cols, 3), np.uint8)) == where


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="others have another allocator")
def test_what_is_freed_stays_with_a_process_that_asks_for_that():
    program = """
import resource, sys
from convpipe import memory
if sys.argv[1] == "kept":
    memory.keep_freed()
for _ in range(30):
    blocks = [bytearray(1 << 20) for _ in range(8)]  # zeroed, so that every page is touched
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""

    def faults(kept):
        command = [sys.executable, "-c", program, kept]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert faults("kept") < faults("left alone") / 2


def test_what_lives_until_the_interpreter_ends_leaves_without_a_word():
    program = """
from convpipe import memory
array = memory.empty((1 << 20,), "uint8")
memory._free = memory._give_back = None  # as at the end
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stderr == ""

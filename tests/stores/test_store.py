import io

import pytest

from convpipe.stores import Url
from convpipe.stores import store as stores
from convpipe.stores.store import Store


@pytest.fixture
def store(bucket):
    return Store(Url.parse(f"{bucket}/in"))


def write(store, path, content, new=True):
    store.write(path, [content[:2], content[2:]], len(content), new=new)


def test_what_is_written_is_read(store):
    write(store, "a b/ü%20#?.bin", b"content")
    assert store.read("a b/ü%20#?.bin") == b"content"
    assert store.read_range("a b/ü%20#?.bin", 3, 100) == b"tent"
    found, file = store.fetch("a b/ü%20#?.bin", lambda size: io.BytesIO())
    assert (found.size, file.getvalue()) == (7, b"content")
    assert found.stamp == store.look("a b/ü%20#?.bin").stamp


def test_what_is_not_there(store):
    assert store.look("none") is None
    with pytest.raises(FileNotFoundError, match=r"://.*/in/none"):
        store.read("none")
    assert not store.holds("none", 0, "")
    assert list(store.listed()) == []


@pytest.mark.parametrize("most", [stores.IN_ONE, 3])
def test_a_new_object_replaces_none(store, monkeypatch, most):
    monkeypatch.setattr(stores, "IN_ONE", most)
    write(store, "a", b"first")
    with pytest.raises(FileExistsError):
        write(store, "a", b"other")
    assert store.read("a") == b"first"
    write(store, "a", b"first")  # whose answer may have been lost
    write(store, "a", b"other", new=False)
    assert store.read("a") == b"other"


def test_a_stamp_changes_with_what_is_written(store):
    write(store, "a", b"first")
    before = store.look("a").stamp
    write(store, "a", b"other", new=False)
    assert store.look("a").stamp != before


@pytest.mark.parametrize("most", [stores.IN_ONE, 3])
def test_an_error_on_the_way_leaves_no_object(store, monkeypatch, most):
    monkeypatch.setattr(stores, "IN_ONE", most)

    def pieces():
        yield bytes(6_000_000)
        raise RuntimeError("the encoder broke")

    with pytest.raises((RuntimeError, OSError), match="the encoder broke"):
        store.write("a", pieces(), 6_000_001, new=True)
    assert store.look("a") is None


@pytest.mark.parametrize("most", [stores.IN_ONE, 3])
def test_content_that_is_not_all_there_is_not_written(store, monkeypatch, most):
    monkeypatch.setattr(stores, "IN_ONE", most)
    once = iter([b"content"])
    next(once)
    with pytest.raises(OSError, match="0 bytes are to be written, and not 7"):
        store.write("a", once, 7, new=True)
    assert store.look("a") is None


def test_a_listing_goes_through_prefixes_of_any_depth(store, monkeypatch):
    paths = {f"{a}/{b}/{c}/{d}/x.png" for a in "ab" for b in "cd" for c in "ef" for d in "gh"} | {"top.png"}
    for path in paths:
        write(store, path, b"xy")
    write(Store(store.url.parent), "inside.png", b"xy")
    for at_once in (1, 3, 16, 100):
        monkeypatch.setattr(stores, "LISTED_AT_ONCE", at_once)
        assert {found.path for found in store.listed()} == paths
    assert [found.path for found in store.listed(deep=False)] == ["top.png"]


def test_what_may_pass_is_tried_again(store, monkeypatch):
    monkeypatch.setattr(stores, "PAUSE_SECONDS", 0)
    write(store, "a", b"content")

    class Client:
        left = 3

        def get(self, *arguments):
            import obstore

            self.left -= 1
            if self.left >= 0:
                raise obstore.exceptions.GenericError("connection reset")
            return obstore.get(*arguments)

    store._client = Client()
    assert store.read("a") == b"content"
    store._client.left = 4
    with pytest.raises(OSError, match="connection reset") as error:
        store.read("a")
    assert error.value.errno == 5


def test_of_a_transfer_that_breaks_off_nothing_is_kept(store, monkeypatch):
    import obstore

    monkeypatch.setattr(stores, "PAUSE_SECONDS", 0)
    write(store, "a", b"content")
    short = [b"con", None, b"content"]

    class Answer:
        meta = obstore.head(store._store, "in/a")

        def stream(self, min_chunk_size):
            piece = short.pop(0)
            if piece is None:
                raise obstore.exceptions.GenericError("body broke off")
            yield piece

    class Client:
        def get(self, *arguments):
            return Answer()

    store._client = Client()
    assert store.fetch("a", lambda size: io.BytesIO())[1].getvalue() == b"content"
    assert short == []

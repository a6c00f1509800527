import pickle

import pytest

from convpipe.errors import ParameterError
from convpipe.paths import located, tried
from convpipe.stores import Url, is_url, redacted
from convpipe.stores.failures import refused


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("s3://bucket", ("s3", "bucket", "", True, "")),
        ("s3://bucket/", ("s3", "bucket", "", True, "")),
        ("S3://bucket/a/b.png", ("s3", "bucket", "a/b.png", False, "")),
        ("gs://bucket/a/", ("gs", "bucket", "a", True, "")),
        ("az://container/a b", ("az", "container", "a b", False, "")),
        ("s3://bucket/50%20?#.png", ("s3", "bucket", "50%20?#.png", False, "")),
        ("https://host:8080/a%20b.png?X-Sig=5#top", ("https", "host:8080", "a b.png", False, "X-Sig=5")),
        ("https://host?sig", ("https", "host", "", True, "sig")),
        ("memory://x/in", ("memory", "x", "in", False, "")),
    ],
)
def test_a_url_in_parts(text, parts):
    url = Url.parse(text)
    assert (url.scheme, url.host, url.key, url.folder, url.query) == parts
    assert located(text) == url == pickle.loads(pickle.dumps(url))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ftp://host/a", r"no URL of a store; known are s3://, gs://, az://, https://, memory://"),
        ("s3://", "names no bucket"),
        ("https:///a.png", "names no host"),
        ("s3://bucket/a//b.png", "has an empty part"),
        ("s3://bucket/../b.png", "'..', which no key has"),
        ("s3://key:hush@bucket/a", "credentials come from the environment"),
    ],
)
def test_what_is_no_url_of_a_store(text, message):
    with pytest.raises(ParameterError, match=message) as error:
        Url.parse(text)
    assert "hush" not in str(error.value)


def test_paths_are_no_urls():
    assert not any(map(is_url, ("photos", "/data/a:b", "C:/photos", "C://photos", "s3:/bucket", None)))
    assert tried(Url.parse("s3://bucket/in")) == ""


def test_a_url_shows_no_signature():
    url = Url.parse("https://host/in/a.png?X-Amz-Signature=hush")
    for shown in (str(url), repr(url), str(url.parent), str(url.parent / "b.png")):
        assert "hush" not in shown
    assert url.address == "https://host/in/a.png?X-Amz-Signature=hush"
    assert (url.parent / "a.png").address == url.address


def test_text_is_redacted_and_keeps_its_length():
    text = "GET https://me:hush@host/a.png?sig=hush and s3://key:hush@b/what?.png, a?b"
    assert redacted(text) == "GET https://...@host/a.png?... and s3://...@b/what?.png, a?b"
    assert len(redacted(text, long=True)) == len(text)
    assert "hush" not in redacted(text, long=True)


def test_errors_of_stores_are_one_line_without_secrets():
    class GenericError(Exception):
        pass

    said = "Error performing GET https://h/a?sig=hush in 3ms - status code: 403 <Key>hush</Key>\n\nhush"
    for text in (said, said.replace("403", "500"), said.replace("403", "400")):
        shown = str(refused(GenericError(text), "https://h/a?..."))
        assert "hush" not in shown
        assert "\n" not in shown
    assert refused(GenericError(said), "x").errno == 13
    assert refused(GenericError(said.replace("403", "404")), "x").errno == 2
    assert refused(GenericError(said.replace("403", "503")), "x").errno == 5

"""The tests of stores and jobs again, on Azure's blobs, if this machine has its emulator (npm: azurite)."""

import base64
import hashlib
import hmac
import itertools
import shutil
import socket
import subprocess
import time
import urllib.request
from email.utils import formatdate
from pathlib import PurePath

import pytest
from stores.test_jobs import *  # noqa: F403 - with the buckets of this module
from stores.test_store import *  # noqa: F403

from convpipe.images.remote import opened_remote
from convpipe.stores import Url
from convpipe.stores import store as stores
from convpipe.stores.store import Store

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Which all emulators of Azure have."""

COMMAND = ["azurite-blob", "--silent", "--skipApiVersionCheck", "--inMemoryPersistence", "--blobPort"]
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    """The port of a server of blobs."""
    if shutil.which(COMMAND[0]) is None:
        pytest.skip(f"{COMMAND[0]} is not there")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    how = {
        "cwd": tmp_path_factory.mktemp("blobs"),
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    with subprocess.Popen([*COMMAND, str(port)], **how) as server:
        for _ in range(200):
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
        server.terminate()


@pytest.fixture
def bucket(port, monkeypatch):
    """The URL of a container that no other test has."""
    name = f"test{next(NUMBERS)}"
    monkeypatch.setattr(stores, "PAUSE_SECONDS", 0.01)
    monkeypatch.setenv("AZURE_STORAGE_USE_EMULATOR", "true")
    monkeypatch.setenv("AZURITE_BLOB_STORAGE_URL", f"http://127.0.0.1:{port}")
    urllib.request.urlopen(made_container(port, name)).close()
    return f"az://{name}"


def test_ranges_are_of_one_version(bucket, put):
    put(f"{bucket}/a", bytes(range(200)))
    with opened_remote(Store(Url.parse(bucket)), PurePath("a")) as file, file.open() as opened:
        assert opened.ranges.at(190, 20) == bytes(range(190, 200))
        put(f"{bucket}/a", bytes(200))
        with pytest.raises(OSError, match="it was changed while it was read"):
            opened.ranges.at(50, 20)


def made_container(port, name):
    """Return the request that makes a container, signed with the key of the emulator."""
    version, date = "2021-08-06", formatdate(usegmt=True)
    headers = f"x-ms-date:{date}\nx-ms-version:{version}\n"
    text = f"PUT{chr(10) * 12}{headers}/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    signed = base64.b64encode(
        hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    ).decode()
    return urllib.request.Request(
        f"http://127.0.0.1:{port}/{ACCOUNT}/{name}?restype=container",
        method="PUT",
        headers={
            "x-ms-date": date,
            "x-ms-version": version,
            "Authorization": f"SharedKey {ACCOUNT}:{signed}",
        },
    )

"""A connection to the store of a URL. Credentials come from the standard chains alone."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from convpipe.errors import JobError
from convpipe.stores.url import Url

RETRIES = {
    "max_retries": 8,
    "backoff": {"init_backoff": timedelta(milliseconds=50), "base": 2, "max_backoff": timedelta(seconds=5)},
    "retry_timeout": timedelta(minutes=3),
}
"""Of a request that a server could not answer, or whose connection broke; waits grow, by chance."""

CLIENT = {"timeout": timedelta(hours=1), "read_timeout": timedelta(seconds=60), "user_agent": "convpipe"}
"""A transfer may take long, and give nothing for so long."""

ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
OWN_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
"""Variables by which obstore itself finds credentials; without them those of profiles are asked for."""


def library() -> Any:
    """Return obstore.

    Raises
    ------
    JobError
        It is not installed.
    """
    try:
        import obstore
    except ImportError:
        raise JobError("URLs of stores need obstore: pip install 'convpipe[stores]'") from None
    return obstore


@lru_cache(maxsize=64)
def in_memory(name: str) -> Any:
    """Return the store of a name within this process."""
    from obstore.store import MemoryStore

    return MemoryStore()


def connect(url: Url) -> tuple[Any, str]:
    """Return the store of a URL, and what stands before its key there.

    Raises
    ------
    JobError
        obstore is not installed.
    Exception
        As obstore has it: a setting of the environment is wrong.
    """
    library()
    from obstore.store import AzureStore, GCSStore, HTTPStore, S3Store

    how: dict[str, Any] = {"retry_config": RETRIES, "client_options": CLIENT}
    match url.scheme:
        case "memory":
            return in_memory(url.host), url.key
        case "s3":
            return S3Store(url.host, **{**how, **_amazon()}), url.key
        case "gs":
            return GCSStore(url.host, **{**how, **_google()}), url.key
        case "az":
            return AzureStore(url.host, **how), url.key
    how["client_options"] = {**CLIENT, "allow_http": url.scheme == "http"}
    if url.query:
        return HTTPStore(url.address, **how), ""
    return HTTPStore(f"{url.scheme}://{url.host}", **how), url.key


def _google() -> dict[str, Any]:
    """Return what Google's needs beside: leave for a server of the environment that has no TLS."""
    plain = os.environ.get("GOOGLE_BASE_URL", "").startswith("http://")
    return {"client_options": {**CLIENT, "allow_http": plain}}


def _amazon() -> dict[str, Any]:
    """Return what S3 needs beside: an endpoint of the environment, and the keys of a profile."""
    found: dict[str, Any] = {}
    endpoint = next((os.environ[name] for name in ENDPOINTS if os.environ.get(name)), None)
    if endpoint is not None:
        found["endpoint"] = endpoint
        found["client_options"] = {**CLIENT, "allow_http": endpoint.startswith("http://")}
    if not any(os.environ.get(name) for name in OWN_KEYS) and find_spec("boto3") is not None:
        from obstore.auth.boto3 import Boto3CredentialProvider

        with suppress(ValueError):  # there are none; obstore asks the machine's role
            found["credential_provider"] = Boto3CredentialProvider()
    return found

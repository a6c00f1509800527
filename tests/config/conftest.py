"""A config file on disk, from its text."""

import textwrap

import pytest

from convpipe import config


@pytest.fixture
def load(tmp_path):
    def load(text, overrides=()):
        path = tmp_path / "job.yaml"
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).encode())
        return config.load(path, overrides)

    return load

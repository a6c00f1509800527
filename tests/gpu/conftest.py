"""What the tests of this folder need."""

import pytest

from convpipe.compile.cuda.probe import problems

REASON = "; ".join(problems())


def pytest_collection_modifyitems(items):
    if REASON:
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason=REASON))

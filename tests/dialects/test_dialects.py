"""Every dialect against the library whose meaning it claims, on photographs, as the page has it.

`DIALECTS=record pytest tests/dialects` writes the page. A library that is not installed is skipped visibly.
"""

import importlib
import os
from importlib.metadata import version

import pytest
from dialects import page

from convpipe.stages.dialects import dialects

PACKAGES = {
    "opencv": "opencv-python-headless",
    "scipy": "scipy",
    "skimage": "scikit-image",
    "skimage2": "scikit-image",
    "pillow": "pillow",
    "torch": "torch",
    "vips": "pyvips",
}
RECORD = os.environ.get("DIALECTS") == "record"


def cases(library):
    return importlib.import_module(f"dialects.{library}").CASES


@pytest.mark.parametrize("library", PACKAGES)
def test_a_dialect_is_as_near_its_library_as_the_page_says(library):
    found = {
        (f"{case.family}: {case.method}", case.label): {
            kind: case.difference(library, kind) for kind in case.kinds
        }
        for case in cases(library)
    }
    text = page.PAGE.read_text()
    noted = page.recorded(text)
    if RECORD:
        noted[library] = version(PACKAGES[library]), found
        page.PAGE.write_text(page.written(text, noted))
        return
    assert found.keys() == noted[library][1].keys()
    for case, differences in found.items():
        for kind, difference in differences.items():
            # Two digits are noted; what is summed in another order on another processor differs a little.
            most = noted[library][1][case][kind] * (2 if kind == "float32" else 1.06)
            assert difference <= most, (case, kind)


@pytest.mark.parametrize("library", PACKAGES)
def test_every_dialect_that_is_claimed_is_compared(library):
    compared = {(case.family, case.method) for case in cases(library)}
    assert {(d.family, d.method) for d in dialects() if d.library == library} == compared


def test_the_page_says_what_each_sets():
    text = page.PAGE.read_text()
    assert page.written(text, page.recorded(text)) == text

"""Make ``docs/config.md``, the page of the keys of a config, out of the schema that checks them.

Run from anywhere: ``python scripts/make_reference.py``.
"""

from pathlib import Path

from convpipe.config.reference import markdown

PAGE = Path(__file__).parents[1] / "docs/config.md"

if __name__ == "__main__":
    PAGE.write_text(markdown())

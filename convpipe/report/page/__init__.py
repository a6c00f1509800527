"""A report as one self-contained page: nothing is loaded, and nothing but its own script can run."""

from convpipe.report.page.document import TITLE, to_html

__all__ = ["TITLE", "to_html"]

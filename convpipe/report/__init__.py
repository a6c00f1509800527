"""What a run did, as an object, a table, JSON or HTML.

The tables are in :mod:`convpipe.report.terminal`, which alone imports rich.
"""

from convpipe.report.html import to_html, write_report
from convpipe.report.model import ImageResult, Report, SizeGroup, exit_code, summary
from convpipe.report.text import extent, printable

__all__ = [
    "ImageResult",
    "Report",
    "SizeGroup",
    "exit_code",
    "extent",
    "printable",
    "summary",
    "to_html",
    "write_report",
]

"""What a run did, as an object, a table, JSON or HTML.

The tables are in :mod:`convpipe.report.terminal`, which alone imports rich.
"""

from convpipe.report.files import ReportFolder
from convpipe.report.html import to_html
from convpipe.report.model import ImageResult, Report, SizeGroup, exit_code, summary
from convpipe.report.text import byte_size, existing_advice, extent, number, printable

__all__ = [
    "ImageResult",
    "Report",
    "ReportFolder",
    "SizeGroup",
    "byte_size",
    "existing_advice",
    "exit_code",
    "extent",
    "number",
    "printable",
    "summary",
    "to_html",
]

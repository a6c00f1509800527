"""What a run did, as an object, a table, JSON or HTML.

The tables are in :mod:`convpipe.report.terminal`, which alone imports rich.
"""

from convpipe.report.files import ReportFolder
from convpipe.report.html import to_html
from convpipe.report.model import Report, SizeGroup, exit_code, summary
from convpipe.report.result import ImageResult, ResultFile, Status
from convpipe.report.text import byte_size, existing_advice, extent, number, printable, where_results_are

__all__ = [
    "ImageResult",
    "Report",
    "ReportFolder",
    "ResultFile",
    "SizeGroup",
    "Status",
    "byte_size",
    "existing_advice",
    "exit_code",
    "extent",
    "number",
    "printable",
    "summary",
    "to_html",
    "where_results_are",
]

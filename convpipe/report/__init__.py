"""What a run did, as an object, a table, JSON or HTML.

The tables are in :mod:`convpipe.report.terminal`, which alone imports rich.
"""

from convpipe.drawing.flow import FlowStage, flow_of
from convpipe.report.files import ReportFolder
from convpipe.report.measures import Range, Row, is_table, to_csv, to_json
from convpipe.report.model import Report, SizeGroup, exit_code, summary
from convpipe.report.objects import ObjectTable
from convpipe.report.origin import Origin
from convpipe.report.page import to_html
from convpipe.report.result import ImageResult, ResultFile, Status, Steps
from convpipe.report.samples import Histogram, Sample, Shot, choose
from convpipe.report.schema import schema
from convpipe.report.text import (
    byte_size,
    existing_advice,
    extent,
    named,
    number,
    printable,
    where_results_are,
)

__all__ = [
    "FlowStage",
    "Histogram",
    "ImageResult",
    "ObjectTable",
    "Origin",
    "Range",
    "Report",
    "ReportFolder",
    "ResultFile",
    "Row",
    "Sample",
    "Shot",
    "SizeGroup",
    "Status",
    "Steps",
    "byte_size",
    "choose",
    "existing_advice",
    "exit_code",
    "extent",
    "flow_of",
    "is_table",
    "named",
    "number",
    "printable",
    "schema",
    "summary",
    "to_csv",
    "to_html",
    "to_json",
    "where_results_are",
]

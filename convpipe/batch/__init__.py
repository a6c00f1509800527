"""Folder jobs: find inputs, map outputs, run, report."""

from convpipe.batch.crew import at_work
from convpipe.batch.find import Found, Selection, find_images
from convpipe.batch.forecast import Forecast, forecast_of
from convpipe.batch.job import FolderJob
from convpipe.batch.journal_files import JOURNAL
from convpipe.batch.listed import read_list
from convpipe.batch.log import FileLog, Log
from convpipe.batch.merge import Merged, merge_journals
from convpipe.batch.outputs import is_new, map_outputs, output_path, place
from convpipe.batch.patterns import matches
from convpipe.batch.remote_log import opened_log
from convpipe.batch.results import Result, unwritable
from convpipe.batch.run import run_folder
from convpipe.batch.settle import Progress, Terminated
from convpipe.batch.sizes import Sizes, sizes_of
from convpipe.batch.state import Engine
from convpipe.batch.survey import ShardCounts, Survey, survey

__all__ = [
    "JOURNAL",
    "Engine",
    "FileLog",
    "FolderJob",
    "Forecast",
    "Found",
    "Log",
    "Merged",
    "Progress",
    "Result",
    "Selection",
    "ShardCounts",
    "Sizes",
    "Survey",
    "Terminated",
    "at_work",
    "find_images",
    "forecast_of",
    "is_new",
    "map_outputs",
    "matches",
    "merge_journals",
    "opened_log",
    "output_path",
    "place",
    "read_list",
    "run_folder",
    "sizes_of",
    "survey",
    "unwritable",
]

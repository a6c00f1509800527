"""Folder jobs: find inputs, map outputs, run, report."""

from convpipe.batch.find import Found, Selection, find_images, matches
from convpipe.batch.outputs import map_outputs, output_path
from convpipe.batch.run import Engine, Progress, Terminated, run_folder

__all__ = [
    "Engine",
    "Found",
    "Progress",
    "Selection",
    "Terminated",
    "find_images",
    "map_outputs",
    "matches",
    "output_path",
    "run_folder",
]

"""Folder jobs: find inputs, map outputs, run, report."""

from convpipe.batch.find import Found, find_images
from convpipe.batch.run import Engine, Terminated, run_folder

__all__ = ["Engine", "Found", "Terminated", "find_images", "run_folder"]

"""Folder jobs on the workers of a Dask cluster: on this machine or on many."""

from convpipe.cluster.connect import connected
from convpipe.cluster.run import run_folder

__all__ = ["connected", "run_folder"]

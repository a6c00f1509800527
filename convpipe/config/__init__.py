"""Config files: YAML 1.2 to validated jobs, with errors that name file, line and column."""

from convpipe.config.dump import dump
from convpipe.config.job import FORMATS, InputSpec, Job, OutputSpec, ResultSpec
from convpipe.config.loader import from_dict, load, load_each, load_text
from convpipe.config.recipes import Recipe, recipe, recipes
from convpipe.config.schema import schema

__all__ = [
    "FORMATS",
    "InputSpec",
    "Job",
    "OutputSpec",
    "Recipe",
    "ResultSpec",
    "dump",
    "from_dict",
    "load",
    "load_each",
    "load_text",
    "recipe",
    "recipes",
    "schema",
]

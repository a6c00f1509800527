"""How the site of the documentation is built: ``sphinx-build -W docs site``."""

from importlib.metadata import version as installed

project = "convpipe"
author = "The convpipe authors"
release = version = installed("convpipe")

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx.ext.mathjax",
]
exclude_patterns = ["pictures"]
html_theme = "furo"
html_title = "convpipe"
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 4
nb_execution_mode = "off"

"""Public names, pinned: one that comes, goes or is spelt otherwise is a decision, and is seen here."""

import importlib
import inspect

import click
import pytest

import convpipe
from convpipe.cli import main
from convpipe.geometry import BORDER_NAMES
from convpipe.ops import COMPUTE
from convpipe.stages import COMMON, families

PACKAGES = {
    "convpipe": """
        BackendError ConfigError Conv2d ConvpipeError ImageError JobError ParameterError Pipeline PlanError
        conv2d filters stage stencil
    """,
    "convpipe.batch": """
        Engine FileLog FolderJob Forecast Found JOURNAL Log Merged Progress Result Selection
        ShardCounts Sizes Survey Terminated at_work find_images forecast_of is_new map_outputs matches
        merge_journals opened_log output_path place read_list run_folder sizes_of survey
        unwritable
    """,
    "convpipe.config": """
        FORMATS InputSpec Job OutputSpec Recipe ResultSpec dump from_dict load load_each load_text recipe
        recipes schema
    """,
    "convpipe.conv": "Conv2d conv2d",
    "convpipe.display": """
        LABELLED Panel Part Picture Shown Stretch Values coloured encoded numbers_objects parts picture
        scale_of sheet stage_values
    """,
    "convpipe.images": """
        BY_EXTENSION DEFAULT_LIMITS Drafts EXISTS Encoded Encoding FORMATS File FilesEncoder Folder Format
        Image ImageInfo ImageSpec Limits Metadata OpenFile OpenImage OutsideError Page PageEncoder
        TEMPORARY_SUFFIX WRITTEN_EXTENSIONS already_exists check_output clear_stale digest_file encode
        encode_pages format_of is_temporary open_file open_image probe probe_pages read read_pages save_all
        supports write write_pages
    """,
    "convpipe.report": """
        FlowStage Histogram ImageResult ObjectTable Origin Range Report ReportFolder ResultFile Row
        Sample Shot SizeGroup Status Steps byte_size choose existing_advice exit_code extent flow_of
        is_table named number printable schema summary to_csv to_html to_json where_results_are
    """,
    "convpipe.stages": """
        ANY_LABEL COMMON ImageKind Method Stage attempt families find libraries method nearest stage
    """,
}


@pytest.mark.parametrize("package", PACKAGES)
def test_names_of_packages(package):
    module = importlib.import_module(package)
    assert sorted(module.__all__) == PACKAGES[package].split()
    assert all(hasattr(module, name) for name in module.__all__)


def parameters(function):
    """Return its parameters as text: names, order, defaults, and what is given by name alone."""
    signature = inspect.signature(function)
    bare = [p.replace(annotation=p.empty) for p in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=signature.empty))


def test_signatures():
    from convpipe import Conv2d, Pipeline, conv2d, stage

    window = "stride=1, padding=0, dilation=1, groups=1"
    assert parameters(conv2d) == f"(x, weight, bias=None, {window}, padding_mode='zeros')"
    assert parameters(Conv2d) == (
        f"(in_channels, out_channels, kernel_size, {window}, bias=True, padding_mode='zeros', "
        "dtype='float32', seed=None)"
    )
    assert parameters(stage) == "(family, name, /, **parameters)"
    assert parameters(Pipeline) == (
        "(stages, *, border='reflect', dtype=None, linear_light=False, missing=None, "
        "like=None, backend='cpu', name='pipeline', outputs=None, measure=None)"
    )
    assert parameters(Pipeline.__call__) == (
        "(self, image, dtype=None, *, out=None, threads=None, channel_axis=None, alpha=False, mask=None)"
    )


def test_names_of_a_pipeline():
    pipeline = convpipe.Pipeline([convpipe.stage("edge", "sobel")])
    assert " ".join(name for name in dir(pipeline) if not name.startswith("_")) == (
        "backend border dtype engine from_dict from_job from_yaml gauge like linear_light map_blocks "
        "measure measure_objects measures missing name outputs plan run_folder source stack stages to_dict "
        "to_yaml warm wiring"
    )


COMMANDS = {
    "run": "arguments --set --allow-plugins --files-from --null --shard --backend --jobs --memory "
    "--overwrite --resume --measures --isolate --timeout --retries --cluster --scheduler --report --log "
    "--quiet --verbose --json --samples --strict",
    "stream": "config image target --plane --size --dtype --offset --interleave --pyramid --smallest --tile "
    "--codec --compression --resume --overwrite --job --memory --threads --set --allow-plugins",
    "plan": "config input --size --alpha --dtype --set --allow-plugins --memory --dot --json",
    "check": "configs --set --allow-plugins --json",
    "stages": "family name --markdown --plugins --json",
    "schema": "--report",
    "init": "path folder --recipe --from-image --samples --overwrite",
    "info": "--clear-cache --json",
    "compile": "config --show --backend --size --alpha --dtype --set --allow-plugins",
    "bench": "config --image --size --alpha --dtype --threads --runs --set --allow-plugins --json",
    "preview": "config image --stage --output --overwrite --set --allow-plugins",
    "explain": "config image --size --at --stage --channel --input --kernel --stride --padding --dilation "
    "--border --bias --page --animate --overwrite --set --allow-plugins",
    "tune": "config images --job --port --no-browser --allow-plugins",
    "demo": "folder",
    "journal": "",
    "help": "topic",
}


def test_commands():
    assert main.list_commands(click.Context(main)) == list(COMMANDS)


SUBCOMMANDS = {"show": "place --failed --json", "merge": "output"}


def test_commands_of_journals():
    group = main.get_command(click.Context(main), "journal")
    assert group.list_commands(click.Context(group)) == sorted(SUBCOMMANDS)
    for name, options in SUBCOMMANDS.items():
        assert options_of(group.get_command(click.Context(group), name)) == options.split()


def options_of(command):
    return [p.opts[-1] if isinstance(p, click.Option) else p.name for p in command.params]


@pytest.mark.parametrize("name", COMMANDS)
def test_options(name):
    command = main.get_command(click.Context(main), name)
    assert options_of(command) == COMMANDS[name].split()


SPACES = ("hsv", "lab", "xyz", "ycbcr")


def test_methods():
    assert {family: sorted(methods) for family, methods in families().items()} == {
        "background": ["flatfield", "subtract"],
        "blur": ["bilateral", "binomial", "box", "disk", "gaussian", "guided", "motion"],
        "color": [
            "channel",
            "colormap",
            "flatten",
            "gray",
            "hsv",
            "hue",
            "lab",
            "matrix",
            "merge",
            "premultiply",
            "saturation",
            "stain_separation",
            "white_balance",
            "xyz",
            "ycbcr",
        ],
        "combine": ["LABEL", "blend", "composite", "mask"],
        "contrast": [
            "clahe",
            "curves",
            "equalize",
            "gamma",
            "local",
            "log",
            "lut",
            "match",
            "sigmoid",
            "stretch",
            "zscore",
        ],
        "custom": ["LABEL"],
        "denoise": ["nlmeans", "outliers", "tv", "wavelet"],
        "edge": [
            "canny",
            "dog",
            "farid",
            "kirsch",
            "laplacian",
            "log",
            "prewitt",
            "roberts",
            "robinson",
            "scharr",
            "sobel",
            "zero_crossing",
        ],
        "geometry": [
            "affine",
            "bin",
            "crop",
            "decimate",
            "flip",
            "pad",
            "perspective",
            "polar",
            "pyramid_down",
            "pyramid_up",
            "resize",
            "rotate",
            "rotate90",
            "tile",
            "transpose",
        ],
        "light": ["linear", "srgb"],
        "morphology": ["blackhat", "close", "dilate", "erode", "gradient", "open", "reconstruct", "tophat"],
        "network": [
            "avg_pool",
            "batch_norm",
            "conv",
            "leaky_relu",
            "max_pool",
            "normalize",
            "relu",
            "sigmoid",
        ],
        "noise": ["gaussian", "poisson", "salt_pepper"],
        "objects": [
            "clear_border",
            "distance",
            "fill_holes",
            "label",
            "local_maxima",
            "match_template",
            "peaks",
            "remove_small",
            "skeleton",
            "watershed",
        ],
        "point": [
            "abs",
            "clip",
            "exp",
            "gamma",
            "invert",
            "log",
            "quantize",
            "remap",
            "round",
            "scale",
            "solarize",
            "sqrt",
            "threshold",
        ],
        "projection": ["deviation", "maximum", "mean", "median", "minimum", "sum"],
        "rank": ["maximum", "median", "midpoint", "minimum", "mode", "percentile", "range"],
        "sharpen": ["high_boost", "laplacian", "unsharp"],
        "threshold": [
            "adaptive",
            "between",
            "fixed",
            "hysteresis",
            "isodata",
            "li",
            "mean",
            "multiotsu",
            "niblack",
            "otsu",
            "percentile",
            "sauvola",
            "triangle",
            "yen",
        ],
    }


def test_words_of_stages():
    common = " ".join(parameter.name for parameter in COMMON)
    assert common == "stride padding dilation anchor border value bias dtype like axis name from"
    assert " ".join(BORDER_NAMES) == "constant edge reflect symmetric wrap zeros replicate circular"
    assert " ".join(COMPUTE) == "bool uint8 int8 uint16 int16 float16 float32 uint32 int32 float64"

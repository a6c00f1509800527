"""``check``, ``stages``, ``schema``, ``init`` and ``info``: what needs no image."""

import importlib
import json
import re
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from ruamel.yaml import YAML

from convpipe import __version__, config, images
from convpipe.cli import COMMANDS
from convpipe.geometry import Border
from convpipe.stages import ANY_LABEL, ImageKind, families


def test_check(convpipe, job):
    result = convpipe("check", job(), job("- edge: sobel", name="second.yaml"))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].endswith("second.yaml: second: edge sobel")
    assert result.stderr == ""


def test_check_shows_every_error(convpipe, job, here):
    (here / "jobs.yaml").write_text(
        "jobs:\n  - {stages: [{edge: sobell}]}\n  - {stages: 3}\n  - {stages: [{edge: scharr}]}\n"
    )
    result = convpipe(
        "check", "jobs.yaml", "absent.yaml", job("- {blur: gaussian, sigm: 1}", name="last.yaml")
    )
    assert result.exit_code == 2
    assert result.stdout == "ok: jobs.yaml: jobs[2]: edge scharr\n"
    for error in (
        "error: jobs.yaml:2:22: unknown edge method 'sobell'; did you mean 'sobel'?",
        "error: jobs.yaml:3:14: stages needs a list",
        "error: absent.yaml: cannot be read",
        "last.yaml:4:22: blur gaussian has no parameter 'sigm'; did you mean 'sigma'?",
    ):
        assert error in result.stderr
    assert "  2 |   - {stages: [{edge: sobell}]}\n" in result.stderr  # the snippet keeps its lines


def test_check_as_json(convpipe, job, here, document):
    (here / "jobs.yaml").write_text(
        "jobs:\n  - {stages: [{edge: sobell}, {blur: bx}]}\n  - {stages: [{edge: sobel}]}\n"
    )
    slope = job("- {blur: box, size: 3}\n  - {edge: sobel, direction: x}", name="slope.yaml")
    result = convpipe("check", "jobs.yaml", slope, "absent.yaml", "--json")
    found = document(result)
    assert result.exit_code == found["exit_code"] == 2
    wrong, right, slope, absent = found["jobs"]
    assert (wrong["name"], wrong["config"], wrong["stages"]) == ("jobs.yaml", "jobs.yaml", [])
    assert wrong["problems"] == [
        {"line": 2, "column": 22, "reason": "unknown edge method 'sobell'; did you mean 'sobel'?"},
        {"line": 2, "column": 38, "reason": "unknown blur method 'bx'; did you mean 'box'?"},
    ]
    assert wrong["error"].startswith("jobs.yaml:2:22: unknown edge method 'sobell'")
    assert (right["name"], right["problems"], right["warnings"], right["error"]) == ("jobs[1]", [], [], None)
    assert [stage["name"] for stage in slope["stages"]] == ["blur box", "edge sobel"]
    assert [warning[:20] for warning in slope["warnings"]] == ["stage 1 (edge sobel)"]
    assert [problem["line"] for problem in absent["problems"]] == [None]
    assert "jobs.yaml:2:38: unknown blur method" in result.stderr
    assert "warning" not in result.stderr
    sound = convpipe("check", job(), "--json")
    assert sound.exit_code == document(sound)["exit_code"] == 0


def test_jobs_are_json_of_one_shape(convpipe, photos, job, document):
    """What `plan` and `check` say of a job is what `run` says of it, under the same names."""
    (photos / "bad.png").write_bytes(b"no image")
    commands = ["run"], ["plan"], ["check"]
    ran, planned, checked = (
        document(convpipe(*command, job("- {edge: sobel, direction: x}"), "--json"))["jobs"][0]
        for command in commands
    )
    assert planned["sizes"]
    assert ran["failures"]
    assert checked["warnings"]
    assert checked.keys() - ran.keys() == {"problems"}
    assert [one["name"] for one in checked["stages"]] == [one["name"] for one in ran["stages"]]
    assert planned.keys() <= ran.keys()
    assert {key: ran[key] for key in planned if key != "sizes"} == {
        key: planned[key] for key in planned if key != "sizes"
    }
    for of_run, of_plan in zip(ran["sizes"], planned["sizes"], strict=True):
        assert (of_run["input"], of_run["count"]) == (of_plan["input"], of_plan["count"])
        assert of_run["stages"] == [
            {"name": stage["name"], "output": stage["output"]} for stage in of_plan["stages"]
        ]


def test_check_says_what_can_saturate_in_8_bits(convpipe, job):
    slope = job("- {edge: sobel, direction: x}", name="slope.yaml")
    result = convpipe("check", job(), slope)
    assert result.exit_code == 0
    (warning,) = result.stderr.splitlines()
    assert warning.startswith(
        f"warning: {slope}: slope: stage 0 (edge sobel): of uint8 images its values can be"
    )
    fitting = convpipe("check", slope, "--set", "stages.0.dtype=int16", "--set", "dtype=int16")
    assert (fitting.exit_code, fitting.stderr) == (0, "")


@pytest.mark.parametrize(
    ("dtype", "format", "outputs", "said"),
    [
        ("float16", "npy", "", []),
        ("float16", "tiff", "", ["tiff cannot hold float16 with 3 channels; npy, npz can"]),
        ("float32", "png", "", ["png cannot hold float32 with 3 channels; tiff, npy, npz can"]),
        ("float32", "tiff", "", []),
        ("float32", "", "", []),  # of TIFFs
        ("float32", "tiff", "png", ["a: png cannot hold float32 with 3 channels; tiff, npy, npz can"]),
        ("uint16", "jpg", "png", ["jpeg cannot hold uint16 with 3 channels; png, tiff, npy, npz can"]),
    ],
)
def test_results_that_no_file_holds_are_said_before_a_run_that_fails(
    convpipe, here, dtype, format, outputs, said
):
    images.write(here / "in.tif", np.zeros((9, 8, 3), np.uint8))
    (here / "job.yaml").write_text(
        "input: in.tif\n"
        f"output: {{path: out{format and f', format: {format}'}}}\n"
        f"{outputs and f'outputs: {{a: {{from: a, format: {outputs}}}}}'}\n"
        f"stages:\n  - {{blur: box, size: 3, dtype: {dtype}, name: a}}\n"
    )
    warnings = [f"of uint8 images: {each}" for each in said]
    checked = convpipe("check", "job.yaml")
    assert checked.exit_code == 0  # an array in Python holds them
    assert checked.stderr.splitlines() == [f"warning: job.yaml: job: {each}" for each in warnings]
    for command in ("check job.yaml", "plan job.yaml", "plan job.yaml --size 9x8x3"):
        (job,) = json.loads(convpipe(*command.split(), "--json").stdout)["jobs"]
        assert job["warnings"] == warnings
    planned = convpipe("plan", "job.yaml")
    assert planned.stderr.splitlines() == [f"warning: {each}" for each in warnings]
    (job,) = json.loads(convpipe("run", "job.yaml", "--json").stdout)["jobs"]
    assert [each["reason"] for each in job["failures"]] == said


LEAVES = (
    "stage 0 (denoise nlmeans) does not know yet what to leave out; it takes no image in which samples can"
)


@pytest.mark.parametrize(
    ("missing", "types"),
    [
        ("missing: -9999", "int16, int32, float32 and float64"),
        ("missing: .nan", "float32 and float64"),
        ("missing: 255", "uint8, uint16, int16, uint32, int32, float32 and float64"),
        ("missing: 0", "all"),
        ("missing: file", "all"),
        ("mask: masks", "all"),
        ("", None),
    ],
)
@pytest.mark.parametrize("before", ["", "{network: conv, weights: [[[[1]]]]}"], ids=["any", "one channel"])
def test_check_says_images_of_which_types_a_run_fails_of(convpipe, here, missing, types, before):
    first = f"  - {before}\n" if before else ""
    (here / "job.yaml").write_text(
        f"input: in\noutput: out\n{missing}\nstages:\n  - denoise: nlmeans\n{first}"
    )
    checked = convpipe("check", "job.yaml")
    assert checked.exit_code == 0
    of = f"of {types} images{' with a value for no data' if 'file' in missing else ''}: {LEAVES}"
    assert checked.stderr.startswith(f"warning: job.yaml: job: {of}" if types else "")
    assert len(checked.stderr.splitlines()) == (types is not None)
    if types and "-9999" in missing:  # what a run says of one
        (here / "in").mkdir()
        images.write(here / "in" / "a.tif", np.zeros((9, 8), np.int16))
        (job,) = json.loads(convpipe("run", "job.yaml", "--json").stdout)["jobs"]
        assert [LEAVES in each["reason"] for each in job["failures"]] == [True]


def test_check_warns_of_no_window_that_no_image_has(convpipe, job):
    result = convpipe("check", job("- {edge: sobel, dilation: 1000000000, padding: valid}"))
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_value_without_a_constant_border_is_said_to_do_nothing(convpipe, job):
    config = job("- {blur: box, value: 7}", "- {morphology: open, value: 7, border: edge}", "- point: abs")
    said = [
        f"stage {k} ({name}): 'value' does nothing: it is of a constant border, not of {border}"
        for k, name, border in ((0, "blur box", "reflect"), (1, "morphology open", "edge"))
    ]
    checked = convpipe("check", config)
    assert (checked.exit_code, checked.stderr.splitlines()) == (
        0,
        [f"warning: {config}: job: {each}" for each in said],
    )
    for others in ("border=constant", "stages.0.border=constant"):
        constant = convpipe("check", config, "--set", others, "--set", "stages.1.border=constant")
        assert constant.stderr == ""


def test_check_escapes_control_characters(convpipe, job):
    result = convpipe("check", job("- edge: sobell", name="\x1b[31m.yaml"), "\x1b[32m.yaml")
    assert "\\x1b[31m.yaml:4:11: unknown" in result.stderr
    assert "\\x1b[32m.yaml: cannot be read" in result.stderr
    assert "\x1b" not in result.output


def test_check_set(convpipe, job):
    assert convpipe("check", job(), "--set", "stages.0.size=5").exit_code == 0
    result = convpipe("check", job(), "--set", "stages.0.size=-5")
    assert result.exit_code == 2
    assert "size" in result.stderr


def test_stages_takes_a_method_alone(convpipe):
    assert convpipe("stages", "sobel").stdout == convpipe("stages", "edge", "sobel").stdout != ""


def test_stages_lists_every_filter(convpipe, document):
    table, data = " ".join(convpipe("stages").stdout.split()), document(convpipe("stages", "--json"))
    for family, methods in families().items():
        for name, method in methods.items():
            assert f"{family}: {name}" in table
            assert method.summary in table
    assert len(data) == sum(map(len, families().values()))


@pytest.mark.parametrize(
    "method",
    [m for methods in families().values() for m in methods.values()],
    ids=lambda m: f"{m.family}-{m.name}",
)
def test_stages_shows_a_filter_with_an_example_that_loads(convpipe, method):
    name = "anything" if method.name == ANY_LABEL else method.name
    text = convpipe("stages", method.family, name).stdout
    unfolded = " ".join(text.split())
    for word in (
        method.summary,
        method.formula,
        method.reference,
        *(p.name for p in method.accepted),
        *(p.kind() for p in method.parameters),
    ):
        assert word in unfolded
    example = text.split("\n\n")[1]
    (stage,) = config.from_dict({"stages": YAML(typ="safe").load(example)}).stages
    assert stage.method is method


TAPS = re.compile(r"(\[\[.*?\]\]|\[[\d, ]+\](?= /))(?: / (\d+))?")


FIXED = [
    method for method in families()["edge"].values() if not method.example and TAPS.search(method.formula)
]
"""Edge operators whose taps no parameter decides, and whose formula has them."""


@pytest.mark.parametrize("method", FIXED, ids=lambda method: method.name)
def test_the_formula_of_an_edge_filter_is_what_it_computes(method):
    found = [np.array(json.loads(taps)) / int(divisor or 1) for taps, divisor in TAPS.findall(method.formula)]
    given = {parameter.name: parameter.default for parameter in method.parameters}
    stencil, norm = method.lowered(given, Border.REFLECT, ImageKind())
    first, second = stencil.banks[0].weights, stencil.banks[-1].weights
    if found[0].ndim == 1:  # smoothing
        assert np.allclose(first, np.outer(found[0], [-1, 0, 1]))
        assert np.allclose(second, first.T)
    else:
        assert np.allclose(first, found[0])
        assert len(found) == 1 or np.allclose(second, found[1])
    (scale,) = (value for _, value in norm.constants)
    assert scale == pytest.approx(np.sqrt(1 / 2) if "/ 2)" in method.formula else 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["edg"], "did you mean 'edge'?"),
        (["edge", "sobell"], "did you mean 'sobel'?"),
        (["hough"], "there is no such filter yet"),
        (["sobel", "x"], "write 'edge: sobel'"),
    ],
)
def test_stages_unknown(convpipe, words, said):
    result = convpipe("stages", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_schema_of_reports(convpipe, document):
    schema = document(convpipe("schema", "--report"))
    assert schema["title"] == "convpipe report"
    jsonschema.Draft202012Validator.check_schema(schema)


def test_schema_accepts_what_init_writes(convpipe, here, document):
    assert convpipe("init").exit_code == 0
    text = (here / "pipeline.yaml").read_text()
    jsonschema.validate(YAML(typ="safe").load(text), document(convpipe("schema")))
    assert text.splitlines()[0] == "# yaml-language-server: $schema=convpipe.schema.json"
    assert json.loads((here / "convpipe.schema.json").read_text()) == document(convpipe("schema"))


@pytest.mark.parametrize("name", ["edges.yaml", "a: b # c.yaml", "no.yaml", "\x1b[31m.yaml"])
def test_init_passes_check(convpipe, name):
    assert convpipe("init", name).exit_code == 0
    result = convpipe("check", name)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout


def test_init_writes_what_runs_on_data(convpipe, here, rng):
    (here / "data").mkdir()
    images.write(here / "data" / "a.png", rng.integers(0, 256, (8, 9), dtype=np.uint8))
    assert "set input.path" not in convpipe("init").output
    assert convpipe("run", "pipeline.yaml").exit_code == 0
    assert (here / "out" / "a.png").exists()


@pytest.mark.parametrize("folder", ["photos", ".", "a: b # c", "./~", "null", "für 'dich'", "1e3", "-x"])
def test_init_names_the_folder_that_is_given(convpipe, here, rng, folder):
    (here / folder).mkdir(exist_ok=True)
    images.write(here / folder / "a.png", rng.integers(0, 256, (8, 9), dtype=np.uint8))
    assert convpipe("init", "job.yaml", "--", folder).exit_code == 0
    (job,) = config.load("job.yaml")
    assert job.input.path == Path(folder)
    if folder in ("photos", "."):
        for _ in range(2):  # results in the folder itself are no inputs of the next run
            assert convpipe("run", "job.yaml", "--overwrite").exit_code == 0
        assert [path.name for path in (here / "out").rglob("*.png")] == ["a.png"]


def test_init_brings_photographs(convpipe, here):
    result = convpipe("init", "--samples")
    assert "wrote 4 photographs to data" in result.stdout
    shapes = {path.name: images.probe(path).extent for path in (here / "data").iterdir()}
    assert shapes["camera.png"] == (512, 512)
    assert len(shapes) == 4
    assert convpipe("plan", "pipeline.yaml").exit_code == 0
    assert convpipe("init", "other.yaml", "--samples").exit_code == 2  # never over what is there


def test_init_says_what_is_missing(convpipe):
    assert "there is no folder 'data' here yet: set input.path, or take --samples" in convpipe("init").stdout
    result = convpipe("init", "job.yaml", "absent")
    assert result.exit_code == 2
    assert "there is no 'absent' (tried " in result.stderr


def test_init_never_replaces_unasked(convpipe, here):
    (here / "mine.yaml").write_text("precious")
    (here / "convpipe.schema.json").write_text("mine too")
    assert convpipe("init", "mine.yaml").exit_code == 2
    assert (here / "mine.yaml").read_text() == "precious"
    assert convpipe("init", "other.yaml").exit_code == 0
    assert (here / "convpipe.schema.json").read_text() == "mine too"
    assert convpipe("init", "mine.yaml", "--force").exit_code == 0
    assert convpipe("init", "absent/mine.yaml").exit_code == 2


def test_info(convpipe, document):
    data = document(convpipe("info", "--json"))
    assert data["convpipe"] == __version__
    assert data["backends"]["cpu"] == "available"
    assert data["cores"] >= 1
    assert {"png", "jpeg", "tiff"} <= set(data["writes"])
    assert data["threading"]  # at least the work queue that comes with Numba
    assert all(name in convpipe("info").stdout for name in data)


def test_info_clears_the_cache(convpipe, job, document):
    convpipe("compile", job())
    assert document(convpipe("info", "--json"))["cache"]["loops"] >= 1
    assert "removed" in convpipe("info", "--clear-cache").stdout
    assert document(convpipe("info", "--json"))["cache"]["loops"] == 0


def test_info_clears_no_folder_that_it_does_not_trust(convpipe, here, monkeypatch):
    (here / "p").mkdir()
    (here / "p").chmod(0o777)
    (here / "p" / "thesis").write_text("years of work")
    monkeypatch.setenv("CONVPIPE_CACHE_DIR", str(here / "p"))
    refused = convpipe("info", "--clear-cache")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "no compiled loop was removed: " in refused.stderr
    assert "others may write to it (mode 777)" in refused.stderr
    assert "others may write to it (mode 777)" in convpipe("info").stdout
    assert (here / "p" / "thesis").read_text() == "years of work"
    assert (here / "p").stat().st_mode & 0o777 == 0o777


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(convpipe, name):
    result = convpipe(name, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: convpipe {name}")
    assert importlib.import_module(f"convpipe.cli.{name}").command.name == name


def test_help_lists_every_command(convpipe):
    text = convpipe("--help").stdout
    assert all(f"  {name} " in text and summary in text for name, summary in COMMANDS.items())


def test_unknown_command(convpipe):
    result = convpipe("chekc")
    assert result.exit_code == 2
    assert "did you mean 'check'?" in result.stderr


def test_json_of_the_schema_is_the_schema(convpipe):
    assert json.loads(convpipe("schema").stdout) == json.loads(json.dumps(config.schema()))


def test_init_refuses_a_name_that_run_does_not_take(convpipe, here):
    result = convpipe("init", "foo.txt", "photos", "--samples")
    assert result.exit_code == 2
    assert "'foo.txt' needs a name that ends in .yaml or .yml" in result.stderr
    assert list(here.iterdir()) == []
    assert convpipe("init", "foo.YML").exit_code == 0


def test_init_samples_beside_a_config_that_exists(convpipe, here):
    (here / "pipeline.yaml").write_text("mine")
    result = convpipe("init", "--samples")
    assert result.exit_code == 0
    assert "pipeline.yaml exists and stays as it is; --overwrite replaces it\n" in result.stdout
    assert (here / "pipeline.yaml").read_text() == "mine"
    assert len(list((here / "data").glob("*.png"))) == 4
    assert convpipe("init").exit_code == 2


@pytest.mark.parametrize("words", [[], ["edge"], ["edge", "sobel"]], ids=len)
def test_stages_wraps_at_the_width(convpipe, monkeypatch, words):
    monkeypatch.setenv("COLUMNS", "80")
    narrow = convpipe("stages", *words).stdout
    assert max(map(len, narrow.splitlines())) <= 80
    assert not [line for line in narrow.splitlines() if line != line.rstrip()]
    monkeypatch.delenv("COLUMNS")
    assert narrow.split() == convpipe("stages", *words).stdout.split()


def test_stages_puts_what_parameters_mean_below_each_other(convpipe):
    """A name as long as `connectivity` moves the column of all."""
    lines = convpipe("stages", "objects", "watershed").stdout.splitlines()
    means = {"markers": "name of", "connectivity": "which neighbours", "stride": "step between"}
    starts = {
        next(line for line in lines if line.split()[:1] == [one]).index(said) for one, said in means.items()
    }
    assert starts == {len("  connectivity ")}

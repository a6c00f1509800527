"""What the commands say of stages that form a graph."""

import re
from pathlib import Path

import numpy as np
import pytest

from convpipe import Pipeline, config, images

STAGES = [
    "- {custom: taps, kernel: [[0, 2, 1]], name: fine}",
    "- {blur: box, size: 3, from: input, name: soft}",
    "- {combine: difference, formula: fine - 2 * soft, bias: 1}",
    "- {point: abs}",
]
HEAD = "input: {path: photos}\noutput: {path: out}\noutputs: {background: soft}"


def test_plan_draws_the_graph(convpipe, job):
    shown = convpipe("plan", job(*STAGES, head=HEAD), "--size", "48x64")
    lines = [line.rstrip() for line in shown.stdout.splitlines()]
    assert lines[4].startswith(" *         input")
    assert lines[5].startswith(" +-*    0  fine ")
    assert lines[6].startswith(" * |    1  soft => background")
    assert lines[7].startswith(" *-+    2  combine difference")
    assert lines[8].startswith(" *      3  point abs => result")


def test_plan_draws_no_chain(convpipe, job):
    assert "graph" not in convpipe("plan", job(), "--size", "48x64").stdout


def test_plan_as_json(convpipe, job, document):
    found = document(convpipe("plan", job(*STAGES, head=HEAD), "--size", "48x64", "--json"))
    (plan,) = found["jobs"][0]["sizes"]
    assert [stage["inputs"] for stage in plan["stages"]] == [["input"], ["input"], [0, 1], [2]]
    assert [(output["name"], output["stage"]) for output in plan["outputs"]] == [
        ("background", 1),
        ("result", 3),
    ]


def test_plan_for_graphviz(convpipe, job):
    shown = convpipe("plan", job(*STAGES), "--size", "48x64", "--dot")
    assert shown.exit_code == 0
    assert shown.stdout.startswith('digraph "job" {\n')
    assert shown.stdout.endswith("}\n")
    assert "stage1 -> stage2;" in shown.stdout
    both = convpipe("plan", job(*STAGES), "--size", "48x64", "--dot", "--json")
    assert both.exit_code == 2
    assert "give --dot or --json, not both" in both.stderr


def test_check_points_at_a_wrong_name(convpipe, job):
    result = convpipe("check", job(*STAGES[:3], "- {point: abs, from: sofft}"))
    assert result.exit_code == 2
    assert "job.yaml:7:24: there is no stage 'sofft'; did you mean 'soft'?" in result.stderr


def test_run_several_results(convpipe, photos, job, document):
    head = HEAD.replace("soft}", "{from: soft, format: tiff}}")
    found = document(convpipe("run", job(*STAGES, head=head), "--json"))["jobs"][0]
    assert (found["done"], found["error"]) == (3, None)
    assert found["outputs"] == [
        {"name": "background", "path": "out/background"},
        {"name": "result", "path": "out"},
    ]
    out = photos.parent / "out"
    assert len([*out.rglob("*.png")]) == len([*(out / "background").rglob("*.tif")]) == 3
    image = images.read(photos / "a.png").pixels
    (made,) = config.load(job(*STAGES, head=head))
    results = Pipeline.from_job(made)(image)
    np.testing.assert_array_equal(images.read(out / "a.png").pixels, results["result"])
    np.testing.assert_array_equal(images.read(out / "background" / "a.tif").pixels, results["background"])
    assert (
        "background in out/background, result in out"
        in convpipe("run", job(*STAGES, head=head), "--resume").stdout
    )


def test_plan_says_where_a_run_puts_each_result(convpipe, photos, job, document):
    made = job(*STAGES, head=HEAD)
    (planned,), (ran,) = (document(convpipe(command, made, "--json"))["jobs"] for command in ("plan", "run"))
    assert planned["outputs"] == ran["outputs"] != []
    assert (
        "\nresults of each image: background in out/background, result in out\n"
        in convpipe("plan", made).stdout
    )


def test_several_results_and_one_file(convpipe, photos, job):
    refused = convpipe("run", job(*STAGES, head=HEAD), photos / "a.png", "new.png")
    assert refused.exit_code == 2
    assert (
        "several results (background, result), and cannot write them to one file, 'new.png'" in refused.stderr
    )
    assert convpipe("run", job(*STAGES, head=HEAD), photos / "a.png", "new/", "--quiet").exit_code == 0
    assert sorted(path.as_posix() for path in (photos.parent / "new").rglob("*.png")) == [
        f"{photos.parent}/new/a.png",
        f"{photos.parent}/new/background/a.png",
    ]


def test_run(convpipe, photos, job):
    assert convpipe("run", job(*STAGES), "--quiet").exit_code == 0
    assert len([*(photos.parent / "out").rglob("*.png")]) == 3


@pytest.mark.parametrize(
    ("chosen", "lines"),
    [
        ("2", ["x0 is fine: ", "x1 is soft: ", "then x0 - 2 * x1", "then r + bias, bias = 1", "to stage 3"]),
        ("soft", ["columns 1 to 3 of its input", "it goes on, not rounded, to stage 2, combine difference"]),
        ("0", ["r = 2*12 + 1*13 = 37", "it goes on, not rounded, to stage 2, combine difference"]),
    ],
)
def test_explain(convpipe, job, chosen, lines):
    shown = convpipe("explain", job(*STAGES), "--at", 1, 2, "--stage", chosen).stdout
    assert all(line in shown for line in lines), shown


def test_explain_adds_up(convpipe, job):
    shown = convpipe("explain", job(*STAGES), "--at", 1, 2, "--stage", "2").stdout
    image = np.add.outer(10 * np.arange(10), np.arange(10)).astype(np.uint8)
    (made,) = config.load(job(*STAGES[:3]))
    value = Pipeline.from_job(made)(image, dtype="float32")[1, 2]
    assert f"the stage gives {value:.6g}" in shown


def test_preview_shows_each_stage(convpipe, photos, job):
    result = convpipe("preview", job(*STAGES), photos / "a.png", "--output", "sheet.png")
    assert result.exit_code == 0
    assert [line.split(",")[0].strip() for line in result.stdout.splitlines()[1:]] == [
        "image",
        "0: fine",
        "1: soft",
        "2: combine difference",
        "3: point abs",
    ]


def test_the_page_shows_what_plan_draws(convpipe):
    root = Path(__file__).parents[2]
    page = (root / "docs" / "graphs.md").read_text()
    (shown,) = re.findall(r"```text\n( graph.*?)```", page, re.DOTALL)
    (command,) = re.findall(r"\$ convpipe (plan configs/spots.yaml .* --dtype uint16)", page)
    command = [str(root / word) if word.startswith("configs/") else word for word in command.split()]
    lines = [line.rstrip() for line in convpipe(*command).stdout.splitlines()]
    assert set(shown.splitlines()) <= set(lines)


def test_bench_times_a_pipeline_of_several_results(convpipe, job, document):
    found = convpipe("bench", job(*STAGES, head=HEAD), "--size", "16x16", "--runs", "1", "--json")
    assert found.exit_code == 0, found.stderr

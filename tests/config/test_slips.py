"""The slips that everybody makes, and that each is answered with what to do."""

import re
from pathlib import Path

import pytest

import convpipe
from convpipe import config
from convpipe.cli.run import command as run
from convpipe.config.hints import _OPTIONS
from convpipe.errors import ConfigError, ParameterError
from convpipe.stages import families
from convpipe.stages.elsewhere import _HERE, _NOT_HERE, advice

BLUR = "stages:\n  - blur: gaussian\n"
EDGE = "stages: [{edge: sobel}]\n"


def stages(*entries):
    return "stages:\n" + "".join(f"  - {entry}\n" for entry in entries)


@pytest.mark.parametrize(
    ("text", "where", "words"),
    [
        (BLUR + "   sigma: 1.4\n", "3:4", "begins in column 4, the keys above in column 5"),
        (BLUR + "  sigma: 1.4\n", "3:3", "begins in column 3, the keys above in column 5"),
        (BLUR + "     sigma: 1.4\n", "3:6", "begins in column 6, the keys above in column 5"),
        (BLUR + "    sigma: 1\n - edge: sobel\n", "4:2", "column 2, the items above in column 3"),
        (BLUR + "    sigma: 1\n   - edge: sobel\n", "4:4", "column 4, the items above in column 3"),
        (stages("edge: sobel") + "    - edge: scharr\n", "3:5", "column 5, the items above in column 3"),
        ("input:\n  path: a\n   include: x\n" + EDGE, "3:4", "column 4, the keys above in column 3"),
        ("input:\n   path: a\n  include: x\n" + EDGE, "3:3", "column 3, the keys above in column 4"),
        (" name: a\n" + EDGE, "2:1", "column 1, the keys above in column 2"),
        (EDGE + "sigma: 1.4\n", "2:1", "unknown key 'sigma' in a job; it belongs below '- blur: gaussian'"),
        ("stages:\n\t- edge: sobel\n", "2:1", "a tab; indent with spaces"),
        ("input:\tdata\n" + EDGE, "1:7", "a tab; put a space there"),
        ('input: {path: "C:\\users\\me"}\n' + EDGE, "1:18", "a Windows path in single quotes, or with /"),
        ('input: {path: "C:\\images"}\n' + EDGE, "1:18", "a Windows path in single quotes, or with /"),
        ('input: "C:\\temp\\new"\n' + EDGE, "1:8", "a Windows path in single quotes, or with /"),
        (BLUR + "    sigma:1.4\n", "3:11", "a space is missing after the colon: 'sigma: ...'"),
        ("input:data\n" + EDGE, "1:7", "a space is missing after the colon: 'input: ...'"),
        ("stages:\n  -blur: box\n   size: 3\n", "2:4", "a space is missing after the dash"),
        ("stages:\n  -edge: sobel\n", "2:3", "a space is missing after the dash"),
        ("name: a: b\n" + EDGE, "1:8", "a value that holds ': ' needs quotes"),
        ("input: {path: a, include: *.png}\n" + EDGE, "1:27", "text that begins with * needs quotes"),
        ("input: {path: a\n" + EDGE, "2:7", "a comma or '}' is missing before this: '{' opens in line 1"),
        ("name: 'a\n" + EDGE, "1:7", "the quote that opens here is not closed"),
        ("name: @a\n" + EDGE, "1:7", "a value cannot begin with @; put it in quotes"),
        ("input: {include: '*.{png,jpg}'}\n" + EDGE, "1:18", "no braces: write a list with one glob"),
        ("output: {format: gif}\n" + EDGE, "1:18", "given 'gif'; gif is only read"),
        ("output: {format: JPGE}\n" + EDGE, "1:18", "did you mean 'jpg'?"),
        ("border: mirror\n" + EDGE, "1:9", "given 'mirror'; scipy.ndimage's 'mirror' is 'reflect' here"),
        ("border: nearest\n" + EDGE, "1:9", "scipy.ndimage's 'nearest' is 'edge' here"),
        ("format: png\n" + EDGE, "1:1", "unknown key 'format' in a job; it belongs in output"),
        ("x-a: &a {}\ninput: {<<: *a}\n" + EDGE, "2:9", "YAML 1.2 has no merge keys"),
        (stages("{blur: gaussian, sigma: 1,4}"), "2:31", "a comma ends a value: write a decimal"),
        (BLUR + "    sigma: 1,4\n", "3:12", "a decimal is written with a point, as in 1.4"),
        (BLUR + '    sigma: "2"\n', "3:12", "leave out the quotes"),
        (BLUR + "    sigma: 2 px\n", "3:12", "a number stands alone, without a unit"),
        (stages("{custom: a, kernel: [[0 1 0]]}"), "2:25", "numbers are separated by commas"),
        (stages("{custom: a, kernel: [1, 2, 1]}"), "2:25", "two brackets: [[1, 2, 1]]"),
        ("stages: {edge: sobel}\n", "1:9", "put a dash before 'edge'"),
        ("- edge: sobel\n", "1:1", "put the stages below 'stages:'"),
        (stages("sobel"), "2:5", "write '- edge: sobel'"),
        (stages("edge: gaussian"), "2:11", "write 'blur: gaussian'"),
        (stages("filter: sobel"), "2:5", "write 'edge: sobel'"),
        (stages("{blur: gaussian, sigma: 1, output: a}"), "2:32", "'output'; it belongs in a job"),
        (stages("blur: median"), "2:11", "unknown blur method 'median'; write 'rank: median'"),
        (stages("median: 3"), "2:5", "'median' is a method, not a family; write 'projection: median' or"),
        (stages("filter: canny"), "2:5", "write 'edge: canny'"),
        (stages("edge: gaussian_laplace"), "2:11", "write 'edge: log'"),
        (stages("crop: [1, 2]"), "2:5", "write 'geometry: crop'"),
        (stages("edge: LoG"), "2:11", "write 'edge: log'"),
        (stages("contrast: exp"), "2:15", "unknown contrast method 'exp'; write 'point: exp'"),
        (stages("filter: LoG"), "2:5", "write 'edge: log'"),
        (stages("point: log1p"), "2:12", "'combine' takes a formula: 'log(1 + input)'"),
        (stages("rank: median_filter"), "2:11", "write 'rank: median'"),
        (stages("rank: rank_filter"), "2:11", "use rank: percentile (with 'percentile: 0 to 100')"),
        (stages("morphology: opening"), "2:17", "write 'morphology: open'"),
        (stages("threshold: threshold_otsu"), "2:16", "write 'threshold: otsu'"),
        (stages("threshold: 128"), "2:16", "write '- point: threshold'"),
        (stages("geometry: zoom"), "2:15", "use geometry: resize (with 'factor: N', 'longest: N' or"),
        (stages("resize: linear"), "2:5", "use geometry: resize (with 'factor: N', 'longest: N' or"),
        (stages("resize: half"), "2:5", "write 'geometry: resize'"),
        (stages("noise: shot_noise"), "2:12", "write 'noise: poisson'"),
        (stages("statistics: mean"), "2:5", "'measure:' of the job names numbers of images"),
        (stages("blend: difference"), "2:5", "combine: LABEL takes a formula over the names of stages"),
        (stages("network: softmax"), "2:14", "network: conv is the convolution of a layer"),
        (stages("network: LeakyReLU"), "2:14", "write 'network: leaky_relu'"),
        (stages("layer: conv2d"), "2:5", "write 'network: conv'"),
        (stages("relu: true"), "2:5", "write 'network: relu'"),
        (stages("pool: max"), "2:5", "use network: max_pool (with 'size: N')"),
        (stages("pool: avg"), "2:5", "use network: avg_pool (with 'size: N')"),
        (stages("edges: scharr"), "2:5", "write 'edge: scharr'"),
        (stages("stretch: 3"), "2:5", "write 'contrast: stretch'"),
        (stages("filter: [sobel]"), "2:5", "unknown stage family 'filter'; known are"),
        (stages("{rank: median, size: 5px}"), "2:26", "whole numbers; given '5px'; a number stands alone"),
        (stages("{blur: box, size: [3, 2.5]}"), "2:23", "given [3, 2.5] (float 2.5)"),
        (stages("{geometry: resize, size: 50%}"), "2:30", "a number stands alone, without a unit"),
        ("nodata: 0\n" + stages("edge: sobel"), "1:1", "did you mean 'missing'?"),
        ("outputs: [a]\n" + stages("edge: sobel"), "1:10", "'outputs: {NAME: }'"),
        ("input: [a, b]\n" + stages("edge: sobel"), "1:8", "the folder below 'path:'"),
        ("mask: {folder: a}\n" + stages("edge: sobel"), "1:8", "did you mean 'path'?"),
        ("input: {glob: a}\n" + stages("edge: sobel"), "1:9", "did you mean 'include'?"),
        ("resume: true\n" + stages("edge: sobel"), "1:1", "said to the command: 'convpipe run --resume'"),
        ("workers: 4\n" + stages("edge: sobel"), "1:1", "'convpipe run --jobs N'"),
        ("roi: [1, 2, 3, 4]\n" + stages("edge: sobel"), "1:1", "use geometry: crop (with 'box: [top, left"),
        ("output: {exif: keep}\n" + stages("edge: sobel"), "1:10", "what a file says of itself follows it"),
        ("output: {split: true}\n" + stages("edge: sobel"), "1:10", "'pages: files' makes a file of each"),
        ("accept: {n: [0, 1]}\n" + stages("edge: sobel"), "1:10", "there is no measure 'n'; there is none"),
        ("measure: {n: count(result)}\n" + stages("edge: sobel"), "1:14", "'sum(x > 0)' counts pixels"),
        (stages("threshold: global"), "2:16", "write 'threshold: otsu'"),
        (stages("{background: subtract, radius: 9}"), "2:36", "radius is of method rolling_ball; "),
    ],
)  # fmt: skip
def test_a_slip_is_answered_with_what_to_do(load, text, where, words):
    with pytest.raises(ConfigError) as caught:
        load(text)
    (error,) = caught.value.errors
    assert f"{error.line}:{error.column}" == where
    assert words in error.message


@pytest.mark.parametrize(
    ("text", "look", "want"),
    [
        ("output: {format: jpg}\n", lambda job: job.output.format, "jpeg"),
        ("output: {format: tif}\n", lambda job: job.output.format, "tiff"),
        ("output: {format: PNG}\n", lambda job: job.output.format, "png"),
        ("output: {format: Jpg}\n", lambda job: job.output.format, "jpeg"),
        ("input: photos\n", lambda job: job.input.path, Path("photos")),
        ("output: out\n", lambda job: job.output.path, Path("out")),
        ('input: {include: "*.jpg"}\n', lambda job: job.input.include, ("*.jpg",)),
        ("input: ~/photos\n", lambda job: job.input.path, Path.home() / "photos"),
        ("output: {path: ~/out}\n", lambda job: job.output.path, Path.home() / "out"),
        ("$schema: a\nx-b: {c: 1}\ninput: {path: a, x-d: 1}\n", lambda job: job.input.path, Path("a")),
    ],
)
def test_what_is_meant_is_taken(load, text, look, want):
    (job,) = load(text + EDGE)
    assert look(job) == want


def test_free_keys_stand_everywhere(load):
    jobs = load("""\
        $schema: convpipe.schema.json
        x-kernel: &k [[1, 2, 1]]
        defaults: {x-a: 1, limits: {x-b: 2}}
        jobs: [{x-c: 3, stages: [{custom: a, kernel: *k, x-why: d}]}]
    """)
    assert jobs[0].stages[0].parameters["kernel"] == ((1.0, 2.0, 1.0),)


def test_a_home_that_is_not_known_is_said(load):
    with pytest.raises(ConfigError, match="no home folder is known"):
        load("input: ~nobody-of-that-name/a\n" + EDGE)


def test_a_path_alone_is_laid_over_the_defaults(load):
    (job,) = load(
        "defaults: {input: {path: a, recursive: false}}\njobs: [{input: b, stages: [{edge: sobel}]}]\n"
    )
    assert (job.input.path, job.input.recursive) == (Path("b"), False)


def test_a_config_that_is_not_there_says_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="relative paths are taken from the working directory") as caught:
        config.load("edges.yaml")
    assert repr(str(tmp_path / "edges.yaml")) in str(caught.value)
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path / "edges.yaml")
    assert "tried" not in str(caught.value)


NAMES = [word for words in (*_HERE, *_NOT_HERE) for word in words.split()]


def test_no_name_from_elsewhere_is_declared_here_or_stands_twice():
    ours = {*families(), *(name for methods in families().values() for name in methods)}
    assert not ours & set(NAMES)
    assert len(NAMES) == len(set(NAMES))


def test_every_entry_that_a_name_leads_to_exists():
    known = {f"{family}: {method}" for family, methods in families().items() for method in methods}
    known.add("network: onnx")  # which stands for several stages
    for text in (*_HERE.values(), *_NOT_HERE.values()):
        for family in families():
            if f"{family}: " in text:
                assert any(entry in text for entry in known), text


def test_a_stage_of_python_says_it_too():
    with pytest.raises(ParameterError, match="write 'edge: log'"):
        convpipe.stage("edge", "gaussian_laplace")
    assert advice("GaussianBlur") == "write 'blur: gaussian'"
    assert advice("no such thing") is None


def test_every_option_that_an_error_names_is_one_of_run():
    named = {word for text in _OPTIONS.values() for word in re.findall(r"--\w+", text)}
    assert named <= {name for option in run.params for name in option.opts}

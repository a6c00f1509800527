"""``compile`` and ``preview``: what a pipeline does, made visible."""

import ast
import re


def test_compile_show_prints_python(convpipe, job):
    result = convpipe("compile", job(), "--show", "--size", "64x64x3", "--dtype", "uint16")
    assert result.exit_code == 0
    names = {node.name for node in ast.walk(ast.parse(result.stdout)) if isinstance(node, ast.FunctionDef)}
    assert names == {"loop"}


def test_compile_says_how_long(convpipe, job):
    assert "job: ready in " in convpipe("compile", job()).stdout


def test_compile_show_tells_the_shape_of_each_loop(convpipe, job):
    shown = convpipe("compile", job("- {blur: gaussian, sigma: 2}"), "--show").stdout
    at_a_time = int(re.search(r"rows at a time: (\d+)", shown)[1])  # as many as the registers hold
    assert at_a_time > 1
    rows = 17 + at_a_time - 1
    assert f"# level 0: stage 0: blur gaussian\n#   from the image: {rows} rows of uint8" in shown
    assert "\n#   r: separable: 17 + 17 taps, in float32\n" in shown

"""Text that is no formula, each with the character that is wrong, counted from 0: of many kinds."""

# ruff: noqa: E501 - tables of text

FUNCTIONS = (
    "eval", "exec", "open", "compile", "getattr", "setattr", "vars", "globals", "locals", "dir", "input", "print",
    "breakpoint", "help", "type", "super", "object", "memoryview", "bytes", "str", "int", "float", "list", "map",
    "filter", "iter", "next", "hash", "id", "len", "range", "zip", "chr", "ord", "pow", "divmod", "exit", "quit",
)  # fmt: skip
"""Python's own, which no formula calls."""

ATTRIBUTES = (
    "real",
    "shape",
    "T",
    "tobytes",
    "__class__",
    "__dict__",
    "__init__",
    "__globals__",
    "__subclasses__",
)

INDICES = (
    "0", "-1", "0, 0, 0", "0,", "0.0, 1", "1, 1e0", "1:2, 0", "0, ::2", ":, :", "..., 0", "None, 0", "True, 0",
    "0, False", "'0', 1", "b'0', 1", "input, 0", "0, input", "0, abs(1)", "1 + 1, 0", "-(-1), 0", "~0, 1",
    "0, not 1", "2 ** 3, 0", "(0, 0), 0", "[0], 0", "*input, 0", "65, 0", "0, -65", "10 ** 9, 0", "1j, 0",
    "0, 99999999999999999999", "0 if 1 else 1, 0", "lambda: 0, 0", "0, (y := 1)", "2147483648, 0",
)  # fmt: skip

NUMBERS = (
    "10**10**10", "9**9**9**9", "1/0", "0/0", "1e308*10", "log(0)", "log(-1)", "sqrt(-1)", "(-8)**0.5", "exp(1000)",
    "2**1024", "0**-1", "1/(1-1)", "power(10, 400)", "hypot(1e38, 1e38) * 1e38", "sin(1/0)", "3.4e38*2",
    "1 if 1/0 else 2",
)  # fmt: skip
"""Numbers that nothing finite stands for."""

LITERALS = (
    "'a'",
    "b'a'",
    "f'{input}'",
    "r'a'",
    "...",
    "None",
    "True",
    "False",
    "2j",
    "()",
    "[]",
    "{}",
    "(1, 2)",
)

OTHERS = {
    "": 0, " ": 0, "1": 0, "1 + 2": 0, "lambda: 1": 0, "lambda x: x": 0, "(lambda: 1)()": 1,
    "[i for i in input]": 0, "{i for i in input}": 0, "{i: i for i in input}": 0, "(i for i in input)": 0,
    "(y := input)": 1, "y := input": 2, "y = input": 2, "input += 1": None, "await input": 0, "yield input": None,
    "yield": None, "import os": 0, "del input": 0, "return input": 0, "raise input": 0, "assert input": 0,
    "pass": 0, "input; input": 5, "input, input": 0, "*input": None, "**input": None, "input & 1": 0,
    "input | 1": 0, "input ^ 1": 0, "input << 1": 0, "input >> 1": 0, "input // 2": 0, "input % 2": 0,
    "input @ input": 0, "~input": 0, "input is 1": 0, "input in input": 0, "input not in (1,)": 0, "`input`": None,
    "input?": 5, "input!": None, "$input": None, "@input": 0, "input\\": None, "input +": None, "input +* 2": 7,
    "+ * input": None, "(input": 0, "input)": 5, "input[0, 0": 5, "input]": 5, "abs(input": 3, "input if input": 0,
    "if input: 1": 0, "0x1p3 * input": None, "1..real + input": 0, "1__0 + input": None, "07 * input": None,
    "1e999 * input": 0, "input * " + "1" + "0" * 60: 8, "1" + "0" * 5000 + " + input": 0, "_": 0, "__": 0,
    "_input + 1": 0, "__import__ + 1": 0, "__import__('os').system('true')": 0, "input\0": 5, "input\x07": 5,
    "\u0456nput": 0, "input\u200b": 5, "input\u2028+ 1": 5, "input \u2212 1": 6, "\uff49nput": 0,
    "input\ud800": 5, "input\u0301": 5, "\u202einput": 0, "\xb2 * input": 0, "input*\u0661": 6, "input\xa0+ 1": 5,
    "input[0, 1][0, 1]": 0, "(input)[0, 1](1)": 0, "abs(input)[0, 1]": 0, "1[0, 0]": 0, "mean(input)[0, 1]": 0,
    "input()": None, "input(1)": None, "abs()()": None, "(abs)(input)()": None, "abs": 0, "abs(input, 2)": 0,
    "abs(x=input)": 0, "abs(*input)": 4, "abs(**input)": 0, "maximum(input)": 0, "where(input, 1)": 0,
    "where(input, 1, 2, 3)": 0, "clip(input, 0)": 0, "hypot(input)": 0, "arctan2(input)": 0, "sin()": 0,
    "mean()": 0, "mean(1)": 0, "mean(1 + 2)": 0, "mean(input, 1)": 0, "mean(a=input)": 0, "mean(*input)": 5,
    "percentile(input)": 0, "percentile(input, -1)": 18, "percentile(input, 101)": 18,
    "percentile(input, input)": 18, "percentile(input, 1e999)": 18, "percentile(input, True)": 18,
    "percentile(90, input)": 15, "otsu(std(3))": 5, "mean(input)(1)": 0, "mean.real + input": 0,
    "(" * 250 + "input" + ")" * 250: 200, "-" * 150 + "input": 0, "-" * 9000 + "input": 0,
    "+".join(["input"] * 500): 0, "+".join(["input"] * 5000): 10_000, " and ".join(["input"] * 500): 0,
    "<".join(["input"] * 500): 0, "abs(" * 120 + "input" + ")" * 120: 0, "input" * 3000: 10_000,
    "input[0, 0]" + "[0, 0]" * 120: 0, "not " * 200 + "input": 0, "input" + "**2" * 200: 0,
    " + ".join(f"({'+'.join(f'a[{i},{j}]' for j in range(20))})" for i in range(20)): None,
    " + ".join(f"({'+'.join(f'otsu(a{i}b{j})' for j in range(5))})" for i in range(5)): None,
    " + ".join(f"a{i}" for i in range(40)): None,
}  # fmt: skip

MISSPELT = {
    "sqr(input)": (0, "did you mean 'sqrt'?"),
    "input + hypto(input, 1)": (8, "did you mean 'hypot'?"),
    "1 + meen(input)": (4, "did you mean 'mean'?"),
    "percentil(input, 3)": (0, "did you mean 'percentile'?"),
    "input > ostu(input)": (8, "did you mean 'otsu'?"),
}
"""Where, and what they are told."""


def hostile():
    """Yield each text with the character that is wrong, or None where it is only known to be one of them."""
    for name in FUNCTIONS:
        yield f"1 + {name}(1)", 4
    for name in ATTRIBUTES:
        yield f"2 * input.{name}", 4
        yield f"input.{name}()", 0
    for index in INDICES:
        yield f"1 + input[{index}]", None
    for number in NUMBERS:
        yield f"input * ({number})", None
    for literal in LITERALS:
        yield literal, None
        yield f"input + {literal}", 8
        yield f"maximum(input, {literal})", 15
    yield from ((text, None if text == "input(1)" else place) for text, place in OTHERS.items())
    yield from ((text, place) for text, (place, _) in MISSPELT.items())

"""Fuzz the config loader and the planner: any text is a plan or an error that says where.

    python tests/fuzz_config.py --minutes 10

Shipped configs and an example of every stage are changed at random - bytes, tokens, values, structure,
anchors, tags - then loaded and planned. Neither may raise anything but a ConvpipeError, a ConfigError must
have its line and column, and both must stay within limits of time and memory.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import re
import resource
import sys
import tempfile
import time
from pathlib import Path

from convpipe import config
from convpipe.errors import BackendError, ConfigError, ConvpipeError
from convpipe.pipeline import Pipeline
from convpipe.stages import COMMON, families
from convpipe.stages.catalogue import example

SECONDS, MEGABYTES = 3, 300
"""Most processor time and memory for one config."""

METHODS = [method for methods in families().values() for method in methods.values()]
SEEDS = [path.read_text() for path in sorted(Path(__file__).parent.parent.glob("configs/*.yaml"))]
SEEDS += [f"stages:\n{example(method)}\n" for method in METHODS]
SEEDS += ["a: &a [{blur: box, size: 3}]\nstages: *a\n", "stages: &s\n  - &e {edge: sobel}\n  - *e\n"]

_NUMBERS = """
0 -1 1 2 3 7 0.5 1e9 1e-9 -0.0 1e308 1e-308 5e-324 1e400 -1e400 3.4028235e38 3.5e38 16777217 4096 4097 8192
100000000 2147483647 2147483648 9223372036854775808 0x7fffffff 0o777 007 1_000 .inf -.inf .nan .NaN +1 1.
"""
_SIZES = """
0 1 2 3 5 16 100 1000 4000 8192 1e5 1000000 -1 -3.5 0.001 0.4 2.2 1e-30 1e30 -3e38 true same 255
"""
_WORDS = """
~ null true false yes no on off same valid reflect constant edge wrap zeros auto cuda cpu uint8 float16
float64 int64 complex64 object png jpeg stages jobs defaults input output border dtype name value <<
from outputs formula combine result fine coarse input-fine fine*fine/coarse where(fine>1,coarse,input)
*a &a &a[*a] !!python/object:os.system !!binary !t ? : - -- --- ... | > ' " % @ ` \\ ${HOME} "\\uD800" "\\x00"
"\\ud83d\\ude00" '' "" [] {} [[]] [{}] [~] [[~]] [[1]] [[.nan]]
"""
_STRUCTURES = ["{a: b}", "[1, 2]", "[1, 2, 3, 4]", "[1, [2]]", "[[1, 2], [3]]", "[[1e38, 1e38]]", "[a, b]"]
_CHARACTERS = "\t \0 \x07 \x85 \u2028 \ufeff \r\n \ud7ff \U0001f600 e\u0301 \u202e \u00a0 \x1b[31m"

NUMBERS = [*_NUMBERS.split(), "9" * 300, "9" * 5000, "1" + "0" * 399]
SIZES, WORDS = _SIZES.split(), _WORDS.split()
LONG = [
    "[" + "[" * 60 + "]" * 60 + "]",
    "[" * 2000,
    "{a: " * 60 + "1" + "}" * 60,
    "[[" + ", ".join(["1"] * 9000) + "]]",
    "[" + ", ".join(["[1, 2]"] * 3000) + "]",
    "x" * 100_000,
    "- " * 3000,
]
TOKENS = NUMBERS + WORDS + _STRUCTURES + _CHARACTERS.split(" ")
KEYS = sorted(
    {p.name for m in METHODS for p in m.accepted} | {m.family for m in METHODS} | {m.name for m in METHODS}
)
SHAPES = [
    (1, 1), (2, 3), (7, 1), (480, 641), (480, 641, 3), (5, 5, 4), (9, 9, 2), (4, 4, 5),
    (1, 100_000), (65_000, 65_000, 3), (2**31 - 1, 1), (2**31, 2), (0, 5), (10**30, 10**30),
]  # fmt: skip
DTYPES = ["uint8", "uint16", "int16", "float32", "float64", "uint32", "int8", "float16"]


class Found(Exception):  # noqa: N818
    """A config that breaks the rule."""


def judge(path: Path, overrides: list[str], shape: tuple[int, ...], dtype: str) -> str:
    """Load and plan the config; return what came of it, or raise Found."""
    before, began = _peak(), time.process_time()
    try:
        outcome = _outcome(path, overrides, shape, dtype)
    except Exception as error:
        raise Found(f"{type(error).__name__}: {error}") from error
    seconds, memory = time.process_time() - began, (_peak() - before) / 2**10
    if seconds > SECONDS:
        raise Found(f"{seconds:.1f} s to {outcome}")
    if memory > MEGABYTES:
        raise Found(f"{memory:.0f} MB to {outcome}")
    return outcome


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _outcome(path: Path, overrides: list[str], shape: tuple[int, ...], dtype: str) -> str:
    try:
        jobs = config.load(path, overrides)
    except ConfigError as error:
        places = [(single.line is None, single.line, single.column) for single in error.errors]
        assert places == sorted(places, key=lambda place: (place[0], place[1] or 0, place[2] or 0))
        for single in error.errors:
            _check_error(single, path, overrides)
        return f"ConfigError: {re.sub(r'[^a-z ]+.*', '', error.message)[:40].strip()}"
    for job in jobs:
        try:
            plan = Pipeline.from_job(job).plan(shape, dtype, alpha=shape[2:] in ((2,), (4,)))
        except BackendError:
            assert job.backend == "cuda"
            continue
        except ConvpipeError as error:
            if not _shown(str(error)):
                raise
            return f"{type(error).__name__} of the plan"
        json.dumps(plan.to_dict())
        assert all(stage.range.low <= stage.range.high for stage in plan.stages), plan.to_dict()
        assert all(_shown(line) for line in plan.warnings)
    return "plan"


def _check_error(error: ConfigError, path: Path, overrides: list[str]) -> None:
    text = str(error)
    assert _shown(text), f"not for a terminal: {text!a}"
    assert len(text) < 2000, f"long: {text}"
    if error.path == str(path) and not error.message.startswith("larger than"):
        assert error.line, f"no line: {text}"
        assert error.column, f"no column: {text}"
        assert text.startswith(f"{path}:{error.line}:{error.column}: ")
    elif error.path != str(path):
        assert overrides, text
        assert error.path.startswith("--set "), text


def _shown(text: str) -> bool:
    """Tell whether a terminal shows the text as it is, and any encoding of Unicode takes it."""
    return text.replace("\n", "").isprintable()


def mutated(rng: random.Random) -> bytes:
    """Return a config that is, most of the time, no longer one."""
    text = rng.choice(SEEDS)
    gentle = rng.random() < 0.5
    for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
        text = rng.choice(GENTLE if gentle else CHANGES)(rng, text)
    data = text.encode("utf-8", "surrogatepass")
    if not gentle and rng.random() < 0.2:
        data = _bytes(rng, data)
    return data


def _bytes(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice([1, 2, 8])):
        at = rng.randrange(len(changed) + 1)
        if rng.random() < 0.5:
            changed[at : at + rng.choice([0, 1, 1, 4])] = rng.randbytes(rng.choice([0, 1, 1, 2]))
        else:
            changed[at:at] = bytes(changed[at : at + rng.choice([1, 5, 40])])
    return bytes(changed)


_TOKEN = re.compile(r"[\w.+-]+|\s+|.", re.S)


def _token(rng: random.Random, text: str) -> str:
    """Replace, drop, double or swap words and punctuation."""
    tokens = _TOKEN.findall(text) or [""]
    at = rng.randrange(len(tokens))
    what = rng.random()
    if what < 0.6:
        tokens[at] = rng.choice(TOKENS + KEYS)
    elif what < 0.7:
        del tokens[at]
    elif what < 0.8:
        tokens[at:at] = tokens[at : at + rng.choice([1, 3, 30])]
    else:
        other = rng.randrange(len(tokens))
        tokens[at], tokens[other] = tokens[other], tokens[at]
    return "".join(tokens)


def _value(rng: random.Random, text: str) -> str:
    """Replace the value of one key, or of a whole line."""
    found = list(re.finditer(r"(?<=: )[^\n,}#]+", text))
    if not found:
        return text + rng.choice(TOKENS)
    match = rng.choice(found)
    new = rng.choice(LONG) if rng.random() < 0.03 else rng.choice(TOKENS)
    if rng.random() < 0.2:
        new = rng.choice(["&a ", "!!str ", "!!int ", "! ", "- "]) + new
    return text[: match.start()] + new + text[match.end() :]


def _key(rng: random.Random, text: str) -> str:
    """Add a key with a value to the job, or to a stage."""
    line = f"{rng.choice(KEYS + WORDS)}: {rng.choice(TOKENS)}\n"
    if rng.random() < 0.5:
        return line + text if rng.random() < 0.5 else text + line
    return text.rstrip("\n") + "\n    " + line


def _stage(rng: random.Random, text: str) -> str:
    """Add a stage, each parameter at random left out, as it should be, or not."""
    method = rng.choice(METHODS)
    lines = [example(method)]
    for parameter in rng.sample([*method.parameters, *COMMON], rng.randrange(4)):
        pair = f"[{rng.choice(NUMBERS)}, {rng.choice(NUMBERS)}]"
        if f"  {parameter.name}:" in lines[0]:
            lines[0] = re.sub(
                rf"  {parameter.name}: .*", f"  {parameter.name}: {rng.choice(NUMBERS)}", lines[0]
            )
        else:
            lines.append(f"  {parameter.name}: {rng.choice([rng.choice(TOKENS), rng.choice(NUMBERS), pair])}")
    entry = "\n".join(lines).replace("\n", "\n  ")
    return text.rstrip("\n") + f"\n  {entry}\n" if "stages:" in text else f"stages:\n  {entry}\n"


def _right(rng: random.Random, text: str) -> str:
    """Add a stage whose parameters are of the right kind, of any size."""
    method = rng.choice(METHODS)
    lines = [example(method)]
    for parameter in rng.sample([*method.parameters, *COMMON], rng.randrange(5)):
        if f"  {parameter.name}:" not in lines[0]:
            choices = getattr(parameter, "choices", None) or SIZES
            one = rng.choice(choices)
            lines.append(f"  {parameter.name}: {rng.choice([one, one, f'[{one}, {rng.choice(choices)}]'])}")
    entry = "\n".join(lines).replace("\n", "\n  ")
    return text.rstrip("\n") + f"\n  {entry}\n" if "stages:" in text else f"stages:\n  {entry}\n"


def _number(rng: random.Random, text: str) -> str:
    """Replace a number by another."""
    found = list(re.finditer(r"(?<![\w.])-?[0-9][0-9.]*", text))
    if not found:
        return text
    match = rng.choice(found)
    return text[: match.start()] + rng.choice([*SIZES, *NUMBERS]) + text[match.end() :]


def _lines(rng: random.Random, text: str) -> str:
    """Move, double, indent or drop a line."""
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    what = rng.randrange(4)
    if what == 0:
        lines.insert(rng.randrange(len(lines)), lines[at])
    elif what == 1:
        lines[at] = " " * rng.choice([1, 2, 40]) + lines[at]
    elif what == 2:
        lines[at:at] = lines[at : at + 1] * rng.choice([1, 100, 3000])
    else:
        del lines[at]
    return "\n".join(lines)


def _splice(rng: random.Random, text: str) -> str:
    """Join the head of one config and the tail of another."""
    other = rng.choice(SEEDS)
    return text[: rng.randrange(len(text) + 1)] + other[rng.randrange(len(other)) :]


GENTLE = [_right, _number]
CHANGES = [_token, _value, _value, _value, _key, _stage, _stage, _lines, _splice]


def override(rng: random.Random) -> str:
    """Return an argument of --set."""
    keys = ["stages", "0", "1", "-1", "sigma", "size", "kernel", "input", "path", "output", *KEYS, *TOKENS]
    path = rng.choice(["stages.0." + rng.choice(KEYS), ".".join(rng.choices(keys, k=rng.randrange(1, 5)))])
    return f"{path}={rng.choice(TOKENS)}"


def fuzz(rng: random.Random, folder: Path) -> tuple[str, bytes, list[str]]:
    """Judge one random config; return what came of it, and what it was."""
    path = folder / "fuzz.yaml"
    data = mutated(rng)
    path.write_bytes(data)
    overrides = [override(rng)] if rng.random() < 0.1 else []
    try:
        outcome = judge(path, overrides, rng.choice(SHAPES), rng.choice(DTYPES))
    except Found as found:
        outcome = f"FOUND {found}"
    return outcome, data, overrides


def main() -> int:
    """Fuzz for some minutes; print what came of it, and every config that broke the rule."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    options = parser.parse_args()
    rng, end = random.Random(options.seed), time.monotonic() + 60 * options.minutes
    outcomes: collections.Counter[str] = collections.Counter()
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            outcome, data, overrides = fuzz(rng, Path(folder))
            outcomes[outcome.split(":")[0]] += 1
            if outcome.startswith("FOUND") and outcome[:60] not in found:
                found[outcome[:60]] = outcome
                print(f"{outcome[:800]}\n{_short(data)} {_short(overrides)}\n", flush=True)
    print(f"seed {options.seed}: {sum(outcomes.values())} configs, {len(found)} findings")
    for outcome, count in outcomes.most_common():
        print(f"{count:8} {outcome}")
    return bool(found)


def _short(thing: object) -> str:
    text = repr(thing)
    return text if len(text) < 2000 else f"{text[:1000]} ... {text[-1000:]}"


if __name__ == "__main__":
    sys.exit(main())

"""Reading YAML: what is no config, what would exhaust the reader, and what positions mean."""

import os
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from convpipe import config
from convpipe.config.tree import Source
from convpipe.config.yaml import MOST_BYTES, parse
from convpipe.errors import ConfigError

STAGES = "stages: [{edge: sobel}]\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "1:1: empty"),
        ("# only a comment\n", "1:1: empty"),
        ("---\n", "needs a mapping of keys; given nothing"),
        ("- 1\n", "1:1: a job needs a mapping of keys; given a list; put the stages below 'stages:'"),
        ("name: x\n", "1:1: stages is missing"),
        ("stages:\n", "1:1: stages needs a list .* given nothing"),
        ("stages: []\n", "1:9: stages needs a list .* given an empty list"),
        ("stages: [gaussian]\n", "1:10: a stage needs a family and a method such as .* given 'gaussian'"),
        ("stages: [{sigma: 2}]\n", "1:10: a stage needs its family; known are background, blur"),
        ("stages: [\n  [", r"2:4: not YAML|a comma or '\]' is missing before this: '\[' opens in line 2"),
        ("stages:\n\t- blur: box\n", "2:1: a tab; indent with spaces"),
        ("name: *a\n", r"1:7: the alias \*a has no anchor &a before it"),
        ("stages: &a [*a]\n", r"1:13: the alias \*a stands inside what it names"),
        ("? [a]\n: b\n", "1:3: a key must be a word"),
        ("a: 1\n---\nb: 2\n", "2:1: a second document"),
        ("%YAML 2.0\n---\n" + STAGES, "1:1: not YAML"),
        ("jobs: {}\n", "1:7: jobs needs a list of jobs; given a mapping"),
        ("jobs: []\n", "1:7: jobs needs a list of jobs; given an empty list"),
        ("jobs: [{stages: [{edge: sobel}]}]\nname: x\n", "2:1: unknown key 'name' in a config with jobs"),
        ("defaults: {}\n" + STAGES, "1:1: defaults needs a list of jobs beside it"),
        (b"name: \xff\n", "1:7: not UTF-8"),
        (b"\xef\xbb\xbfa: \xc3\xa4\nname: \xff\n", "2:7: not UTF-8"),
        (b"name: x\n\0", r"2:1: not YAML: the character U\+0000"),
        ("name: x\nborder: \x07\n", r"2:9: not YAML: the character U\+0007"),
        ("name: !!python/name:os.system x\n" + STAGES, "1:7: the tag '!!python/name:os.system' is not"),
        ("!!python/name:os.system name: x\n" + STAGES, "1:1: the tag '!!python/name:os.system' is not"),
        ("name: !!str 3\n" + STAGES, "1:7: the tag '!!str' is not supported"),
        ("name: ! x\n" + STAGES, "1:7: the tag '!' is not supported"),
        ("<<: {name: x}\n" + STAGES, "1:1: unknown key '<<'"),
    ],
    ids=range(29),
)
def test_files_that_are_no_config(load, text, words):
    with pytest.raises(ConfigError, match=words):
        load(text)


def bomb():
    levels = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for i in range(1, 9):
        levels.append(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]")
    return "\n".join(levels)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (bomb(), "5:10: more than 20000 values, aliases expanded"),
        (
            "a0: &a0 [1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 999)),
            "50:12: nested more",
        ),
        ("[" * 5000, "1:52: nested more than 50 deep"),
        ("- " * 5000, "nested more than 50 deep"),
        ("".join(f"k{i}: 1\n" for i in range(15000)), "10000:8: more than 20000 values"),
        ("a: [" + "1," * 30000 + "]", "more than 20000 values"),
        ("!" + "a" * (MOST_BYTES - 2), "the tag '!aaa"),
        ("#" * MOST_BYTES + "\n", "larger than 262144 bytes"),
        ("stages: [{edge: sobel, stride: " + "x" * 200000 + "}]", "1:32: stride needs whole numbers"),
    ],
    ids=["bomb", "chain", "flow", "block", "keys", "list", "tag", "bytes", "text"],
)
def test_what_would_exhaust_the_reader_is_capped(load, text, words):
    start = time.process_time()
    with pytest.raises(ConfigError, match=words) as caught:
        load(text)
    assert time.process_time() - start < 5
    assert len(str(caught.value)) < 2000


def test_aliases_and_their_reuse(load):
    (job,) = load("name: &a x\noutput: {path: *a}\ninput: {path: &a y, include: [*a]}\n" + STAGES)
    assert (job.name, str(job.output.path), job.input.include) == ("x", "x", ("y",))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("True", True),
        ("~", None),
        ("1e3", 1000.0),
        ("-.5", -0.5),
        ("0x1F", 31),
        ("0o17", 15),
        ("+7", 7),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2020-01-01", "2020-01-01"),
        ("'3'", "3"),
        ("-.inf", float("-inf")),
    ],
)
def test_scalars_of_the_core_schema(text, value):
    found = parse(text, Source("<text>")).value
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["0123", "-007", "00"])
def test_leading_zeros_are_ambiguous(text):
    with pytest.raises(ConfigError, match="ambiguous"):
        parse(text, Source("<text>"))


@pytest.mark.parametrize(
    ("text", "line", "column", "below"),
    [
        ("name: a\r\nbordr: x\n" + STAGES, 2, 1, "b"),
        ("name: a\rbordr: x\n" + STAGES, 2, 1, "b"),
        ('x-note: "a\u2028 \x85 b"\nbordr: x\n' + STAGES, 2, 1, "b"),
        ("\ufeffbordr: x\n" + STAGES, 1, 1, "b"),
        ("output: {path: " + "x" * 300 + ", pth: 1}\n" + STAGES, 1, 318, "p"),
    ],
)
def test_the_caret_stands_below_the_position(load, text, line, column, below):
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    shown, caret = caught.value.snippet.splitlines()
    assert shown[caret.index("^")] == below


def test_the_caret_counts_wide_characters_twice(load):
    with pytest.raises(ConfigError) as caught:
        load("input: {path: 日本, pth: x}\n" + STAGES)
    shown, caret = caught.value.snippet.splitlines()
    assert caret.index("^") == shown.index("pth") + 2


@pytest.mark.parametrize("name", ["nowhere.yaml", ".", "a\0b", "\ud800", "x" * 5000])
def test_a_file_that_cannot_be_read_is_named(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="cannot be read: ") as caught:
        config.load(name)
    assert caught.value.path == name


WORDS = [
    "stages:",
    "- ",
    "{",
    "}",
    "[",
    "]",
    "edge: sobel",
    "blur: gaussian",
    "sigma: ",
    "jobs:",
    "defaults:",
]
WORDS += [
    "\n",
    "  ",
    "&a ",
    "*a",
    "!!x ",
    "? ",
    ": ",
    "| ",
    "'",
    '"',
    "#",
    "%YAML 1.1\n",
    "---\n",
    "1e999",
    "0x",
    "~",
]


class TestWhatIsNoFile:
    """A named pipe that nobody writes to is not waited for, and one that the caller opened is read."""

    def test_a_fifo(self, tmp_path):
        os.mkfifo(tmp_path / "pipe.yaml")
        with pytest.raises(ConfigError, match=r"pipe.yaml: cannot be read: not a regular file \(a pipe, "):
            config.load(tmp_path / "pipe.yaml")

    @pytest.mark.parametrize(
        ("path", "kind"), [("/dev/zero", "a pipe, socket or device"), ("/", "a directory")]
    )
    def test_devices_and_folders(self, path, kind):
        with pytest.raises(ConfigError, match=rf"{path}: cannot be read: not a regular file \({kind}\)"):
            config.load(path)

    @pytest.mark.parametrize("folder", ["/dev/fd", "/proc/self/fd"])
    def test_what_the_caller_opened(self, folder):
        read, write = os.pipe()
        try:
            os.write(write, b"stages: [{edge: sobel}]")
            os.close(write)
            (job,) = config.load(f"{folder}/{read}")
        finally:
            os.close(read)
        assert job.stages[0].name == "edge sobel"


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.binary(), st.lists(st.sampled_from(WORDS)).map("".join)))
@example("stages: [{blur: gaussian, sigma: 1" + "0" * 350 + "}]")
def test_any_text_is_a_job_or_a_config_error(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        config.load(path)
    except ConfigError as error:
        assert str(error).startswith(str(path))  # noqa: PT017

"""Completion: what the line so far lets follow, in the ways of three shells, and never an error."""

import os
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from convpipe import images
from convpipe.cli import COMMANDS, main, shells
from convpipe.cli.topics import TOPICS
from convpipe.config import recipes
from convpipe.ops import COMPUTE
from convpipe.stages import families

HEAVY = {"numba", "llvmlite", "PIL", "imagecodecs", "tifffile", "skimage", "scipy", "rich"}


@pytest.fixture
def completed():
    """Complete the last of some words by click's interface."""

    def complete(*words):
        *before, typed = words
        asked = shells.Bash(main, {}, "convpipe", "_CONVPIPE_COMPLETE")
        return [item.value for item in asked.get_completions(before, typed)]

    return complete


@pytest.fixture
def spots(job):
    return job(
        "- {blur: gaussian, sigma: 1, name: fine}",
        "- {blur: box, size: 9, from: input}",
        "- {combine: difference, formula: fine - x}",
    )


def test_commands(completed):
    assert completed("") == list(COMMANDS)
    assert completed("pla") == ["plan"]
    assert "--version" in completed("--")


def test_options(completed):
    assert {"--retries", "--resume", "--report"} == set(completed("run", "--re"))


@pytest.mark.parametrize("command", ["run", "plan", "check", "preview", "explain", "compile", "bench"])
def test_configs_and_folders(completed, job, here, command):
    job()
    (here / "UPPER.YML").touch()
    (here / "sub dir").mkdir()
    (here / "sub dir" / "x.yaml").touch()
    (here / "photo.png").touch()
    (here / ".hidden.yaml").touch()
    assert completed(command, "") == ["UPPER.YML", "job.yaml", "sub dir/"]
    assert completed(command, "j") == ["job.yaml"]
    assert completed(command, "sub dir/") == ["sub dir/x.yaml"]
    assert completed(command, ".h") == [".hidden.yaml"]


def test_families_and_methods(completed):
    assert set(completed("stages", "")) >= {"blur", "edge", "skimage"}
    assert completed("stages", "blur", "") == list(families()["blur"])
    assert completed("stages", "edge", "so") == ["sobel"]
    assert "filters.sato" in completed("stages", "skimage", "filters.s")


def test_stages_of_the_config(completed, spots):
    assert completed("preview", str(spots), "photo.png", "--stage", "") == ["fine", "1", "2"]
    assert completed("explain", str(spots), "--stage", "f") == ["fine"]


@pytest.mark.parametrize("command", ["run", "plan", "check", "preview"])
def test_keys_of_the_config_step_by_step(completed, spots, command):
    first = completed(command, str(spots), "--set", "")
    assert {"stages.", "fine.", "input.", "output.", "border=", "dtype="} <= set(first)
    assert completed(command, str(spots), "--set", "stages.") == ["stages.0.", "stages.1.", "stages.2."]
    assert completed(command, str(spots), "--set", "stages.0.si") == ["stages.0.sigma="]
    assert "fine.sigma=" in completed(command, str(spots), "--set", "fine.")
    assert completed(command, str(spots), "--set", "border=re") == ["border=reflect", "border=replicate"]
    assert completed(command, str(spots), "--set", "stages.1.border=w") == ["stages.1.border=wrap"]


def test_every_key_is_one_that_set_takes(completed, spots, convpipe):
    for key in (*completed("run", str(spots), "--set", "stages.0."), "border="):
        text = convpipe("check", spots, "--set", f"{key}[]").stderr
        assert "there is no" not in text, key
        assert "unknown" not in text, key


def test_words(completed):
    assert completed("plan", "--dtype", "uint") == [name for name in COMPUTE if name.startswith("uint")]
    assert completed("init", "--recipe", "") == list(recipes())
    assert set(completed("help", "")) == {*TOPICS, *COMMANDS}
    assert completed("run", "--backend", "") == ["auto", "cpu", "cuda"]


@pytest.mark.parametrize(
    "words",
    [
        ("nothing", ""),
        ("run", "none.yaml", "--set", ""),
        ("run", "broken.yaml", "--set", ""),
        ("run", "none/"),
        ("stages", "nothing", ""),
        ("explain", "broken.yaml", "--stage", ""),
    ],
    ids=" ".join,
)
def test_what_is_wrong_completes_to_nothing(completed, here, capfd, words):
    (here / "broken.yaml").write_text("stages: [")
    assert completed(*words) == []
    assert capfd.readouterr() == ("", "")


def test_packages_of_a_config_are_not_run(completed, here, job, monkeypatch):
    from convpipe.stages import plugins

    loaded = []
    monkeypatch.setattr(plugins, "load", loaded.append)
    path = job(head="plugins: [none_such]\ninput: {path: photos}\noutput: {path: out}")
    assert completed("run", str(path), "--allow-plugins", "--set", "") == []
    assert loaded == []


def asked(shell, words):
    """Return what the process answers a shell; it loads nothing heavy, and says nothing else."""
    line = ["convpipe", *words]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(images.__file__).parents[2]),
        "_CONVPIPE_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "\n".join(line),
        "COMP_CWORD": line[-1] if shell == "fish" else str(len(line) - 1),
    }
    command = [sys.executable, "-X", "importtime", "-m", "convpipe"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    told = run.stderr.splitlines()
    assert all(one.startswith("import time:") for one in told)
    assert not {one.rsplit("|", 1)[-1].strip().partition(".")[0] for one in told} & HEAVY
    return run.stdout


def test_what_each_shell_is_told(spots):
    words = ["run", str(spots), "--set", "stages.0.sig"]
    assert asked("bash", words) == "open,stages.0.sigma=\n"
    assert asked("zsh", words) == "open\nstages.0.sigma=\n_\n"
    assert asked("fish", words).startswith("plain,stages.0.sigma=\t")


def test_words_that_bash_breaks_at_an_equals_sign(spots):
    assert asked("bash", ["run", str(spots), "--set", "border", "=", "wr"]) == "plain,wrap\n"
    assert "plain,constant\n" in asked("bash", ["run", str(spots), "--set", "border", "="])


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_in_a_real_bash(spots, here, monkeypatch):
    (here / "bin").mkdir()
    program = here / "bin" / "convpipe"
    package = Path(images.__file__).parents[2]
    program.write_text(f'#!/bin/sh\nPYTHONPATH={package} exec {sys.executable} -m convpipe "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    environment = {**os.environ, "_CONVPIPE_COMPLETE": "bash_source"}
    source = subprocess.run(["convpipe"], env=environment, capture_output=True, text=True)
    assert source.stderr == ""
    (here / "complete.sh").write_text(source.stdout)
    (here / "my plates").mkdir()
    (here / "named $(touch made)").mkdir()
    (here / "named $(touch made)" / "$(touch made).yaml").write_text("stages: [{edge: sobel}]")
    with Bash() as bash:
        bash.send("source complete.sh\n")
        assert bash.typed("convpipe pla\t") == "convpipe plan "
        assert bash.typed("convpipe stages edge sob\t") == "convpipe stages edge sobel "
        set_ = "convpipe run job.yaml --set"
        assert bash.typed(f"{set_} stages.0.sig\t") == f"{set_} stages.0.sigma="
        assert bash.typed(f"{set_} border=wr\t") == f"{set_} border=wrap "
        assert bash.typed("convpipe check my\t") == "convpipe check my\\ plates/"
        assert bash.typed("convpipe run j\t") == "convpipe run job.yaml "
        name = "named\\ \\$\\(touch\\ made\\)/"  # what a name would do is text on the line
        assert bash.typed("convpipe run nam\t") == f"convpipe run {name}"
        assert bash.typed("convpipe run none.yaml --set x\t") == "convpipe run none.yaml --set x"
        assert "rror" not in bash.seen


class Bash:
    """A bash on a terminal, as a person has it; a key shows the line."""

    def __enter__(self):
        self.terminal, theirs = os.openpty()
        environment = {**os.environ, "TERM": "dumb", "INPUTRC": "/dev/null"}
        self.process = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-i"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=environment,
            start_new_session=True,
        )
        os.close(theirs)
        self.seen = ""
        self.send("bind 'set enable-bracketed-paste off'; bind 'set bell-style none'\n")
        self.send("""bind -x '"\\C-o": printf "<<%s>>\\n" "$READLINE_LINE"'\n""")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)

    def send(self, text):
        os.write(self.terminal, text.encode())

    def typed(self, text):
        """Return what the line holds after some keys, and clear it."""
        self.seen, deadline = "", time.monotonic() + 60
        self.send(text + "\x0f")
        while not (found := re.findall(r"<<(convpipe.*)>>", self.seen)) and time.monotonic() < deadline:
            if select.select([self.terminal], [], [], 1)[0]:
                self.seen += os.read(self.terminal, 4096).decode(errors="replace")
        self.send("\x15")  # kill the line
        return found[-1]

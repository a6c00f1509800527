"""Command lines that are wrong: the error says what to write instead."""

import pytest

WRONG = {
    "run": "CONFIG is missing, as in: convpipe run edges.yaml; convpipe init writes a config",
    "check": "CONFIGS is missing, as in: convpipe check edges.yaml spots.yaml; convpipe init writes a config",
    "preview job.yaml": "IMAGE is missing, as in: convpipe preview edges.yaml photo.jpg\n",
    "run photos": "given 'photos'; convpipe init writes a config",
    "run photos job.yaml": "needs config files (.yaml) first, then INPUT and OUTPUT: job.yaml photos",
    "run job.yaml a b c": "there is one INPUT and one OUTPUT, and 'c' is too many; quote a path",
    "run job.yaml job.yaml a": "go with one config file, and there are 2: leave out 'a', or run",
    "run job.yml": "did you mean 'job.yaml'?",
    "run job.yaml photo": "did you mean 'photos'?",
    "run job.yaml photos/mor out": "did you mean 'photos/more'?",
    "plan photos/a.png": "'photos/a.png' has the name of an image; a config (.yaml) comes first",
    "check photos": "'photos' is a folder; name a config in it, as 'photos/NAME.yaml'",
    "run job.yaml --jobs two": "needs a whole number of at least 1; given 'two'",
    "run job.yaml --jobs 0": "needs a whole number of at least 1; given '0'",
    "run job.yaml --retries 99": "needs a whole number from 0 to 20; given '99'",
    "run job.yaml --report": "the value is missing: --report DIR",
    "explain job.yaml --at 5": "the value is missing: --at ROW COL",
    "plan job.yaml --size": "the value is missing: --size HxW[xC]",
    "preview photos/a.png job.yaml": "the config comes first, then the image: job.yaml photos/a.png",
    "preview job.yaml photos/aa.png": "did you mean 'photos/a.png'?",
    "init --from-image photos/aa.png": "did you mean 'photos/a.png'?",
    "demo job.yaml": "'job.yaml' is a file; name a folder, or leave it out for convpipe-demo",
    "run nopaths.yaml": "the job has no input path; set 'input: {path: FOLDER}', or give INPUT and OUTPUT",
    "run job.yaml -o out": "OUTPUT comes last: convpipe run CONFIG INPUT OUTPUT",
    "run job.yaml --set stages.0.sizes=3": "did you mean 'size'?",
    "check plural.yaml": "plural.yaml:1:1: unknown key 'inputs' in a job; did you mean 'input'?",
    "check colon.yaml": "a space is missing after the colon: '- blur: box'",
}


@pytest.mark.parametrize("line", WRONG)
def test_errors_name_what_to_write(convpipe, job, photos, here, line):
    job()
    (here / "nopaths.yaml").write_text("stages: [{blur: box, size: 3}]")
    (here / "plural.yaml").write_text("inputs: photos\nstages: [{blur: box, size: 3}]")
    (here / "colon.yaml").write_text("stages:\n  - blur:box\n")
    result = convpipe(*line.split())
    assert result.exit_code in (1, 2)
    assert WRONG[line] in result.stderr
    assert "Traceback" not in result.stderr

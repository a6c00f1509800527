"""What an image took is told by steps."""

import json

import pytest

from convpipe.batch import JOURNAL, run_folder
from convpipe.batch.records import record_of, result_of
from convpipe.report import Steps


def test_every_step_has_its_share(pipeline, save, source, tmp_path):
    save("a.png")
    (result,) = run_folder(pipeline, source, tmp_path / "out").results
    assert sum(result.steps) == pytest.approx(result.seconds, abs=1e-5)
    assert all(spent > 0 for spent in result.steps)
    line = (tmp_path / "out" / JOURNAL).read_text().splitlines()[-1]
    assert result_of(json.loads(line)) == result


def test_what_fails_has_the_steps_it_came_to(pipeline, source, tmp_path):
    (source / "a.png").touch()
    (result,) = run_folder(pipeline, source, tmp_path / "out").results
    assert result.steps.read > 0
    assert result.steps.filter == 0


@pytest.mark.parametrize("steps", [[1, 2, 3], [1, 2, 3, -1], "1234", [1, 2, 3, "nan"]])
def test_a_record_of_other_steps_is_none(pipeline, save, source, tmp_path, steps):
    save("a.png")
    (result,) = run_folder(pipeline, source, tmp_path / "out").results
    with pytest.raises(ValueError, match="steps"):
        result_of({**json.loads(json.dumps(record_of(result))), "steps": steps})
    assert isinstance(result.steps, Steps)

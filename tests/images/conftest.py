"""A photograph, and folder jobs over files that a test made."""

import pytest
from fakes import FakePipeline, StridedPipeline
from photos import photograph

from convpipe.batch import run_folder
from convpipe.images import read


@pytest.fixture
def source(tmp_path):
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


@pytest.fixture
def run(source, tmp_path):
    """Run a folder job over ``in``, and return its report."""
    return lambda **options: run_folder(FakePipeline(), source, tmp_path / "out", **options)


@pytest.fixture
def refused(run, tmp_path):
    """Run the job, which must refuse every file in one line and leave no output; return reasons by name."""

    def call(**options):
        report = run(**options)
        assert report.done == 0
        assert report.exit_code == 1
        assert {path.suffix for path in (tmp_path / "out").iterdir()} == {".jsonl"}
        for result in report.failures:
            assert result.stage == "read"
            assert result.reason.isprintable()
            assert len(result.reason) < 400
        return {result.path: result.reason for result in report.failures}

    return call


@pytest.fixture
def result(run, tmp_path):
    """Run the job, which must do every file, and return the result of one."""

    def call(name, **options):
        report = run(**options)
        assert report.failures == []
        image = read(tmp_path / "out" / name)
        (record,) = (each for each in report.results if each.output == name)
        return image, record

    return call


@pytest.fixture
def photo(rng):
    return photograph(rng, 48, 64)


@pytest.fixture
def strided(source, tmp_path):
    """Filter the one file of ``in`` with a stride; return the result's path and its notes."""

    def call(stride=(2, 2), format=None, compression=None, **options):
        pipeline = StridedPipeline(stride, **options)
        report = run_folder(pipeline, source, tmp_path / "out", format=format, compression=compression)
        (result,) = report.results
        assert result.status == "done", result.reason
        return tmp_path / "out" / result.output, result.notes

    return call

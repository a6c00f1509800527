"""The shipped configs, run on the shipped images."""

from pathlib import Path

import numpy as np
import pytest

from convpipe import Pipeline, config, images
from convpipe.batch import find_images

ROOT = Path(__file__).parents[1]
JOBS = [job for path in sorted((ROOT / "configs").glob("*.yaml")) for job in config.load(path)]


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_config_runs_on_the_sample_images(job, tmp_path):
    run = Pipeline.from_job(job)
    report = run.run_folder(
        ROOT / job.input.path,
        tmp_path,
        include=job.input.include,
        exclude=job.input.exclude,
        format=job.output.format,
        outputs={name: spec.encoding for name, spec in job.outputs.items()},
    )
    assert report.failures == []
    assert (
        report.done
        == len(find_images(ROOT / job.input.path, job.input.include, job.input.exclude).images)
        > 0
    )
    written = [path for path in tmp_path.rglob("[!.]*") if path.is_file() and path.name != "measures.csv"]
    assert len(written) == report.done * len(report.outputs)
    planned = {group.stages[-1][1] for group in report.sizes}
    for path in written:
        pixels = np.load(path) if path.suffix == ".npy" else images.read(path).pixels
        assert pixels.shape[:2] in planned
        assert pixels.std() > 0

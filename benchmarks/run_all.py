"""Every benchmark, one after the other, and with --record the results beside this file.

    python benchmarks/run_all.py [--record] [--side N] [--threads 2] [SCRIPT ...] [OPTION ...]

results.json holds the numbers, results.md the same as tables. A script named here replaces its own part of
them and leaves the rest. Options that are not known here are those of the scripts: --quick takes three
samples of each row.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from timing import Table

from convpipe.compile.runtime import processor

HERE = Path(__file__).parent
SCRIPTS = (
    "opencv",
    "peak",
    "dense",
    "opencv_kinds",
    "catalogue",
    "joins",
    "gaussians",
    "ranks",
    "halide_chains",
    "halide_auto",
    "gapi_fluid",
    "copying",
    "conv2d_torch",
    "ndimage",
    "scaling",
    "small",
    "memory",
    "startup",
    "tune",
    "folder",
)
PACKAGES = (
    "numba",
    "numpy",
    "imagecodecs",
    "opencv-python-headless",
    "halide",
    "torch",
    "scipy",
    "scikit-image",
    "pyvips-binary",
)


def machine() -> dict[str, Any]:
    """Return what the numbers depend on beside the programs."""
    return {
        "processor": f"{_model()} ({processor.name()})",
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def _model() -> str:
    """Return the processor's name as the kernel tells it, where there is such a kernel."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def run_script(name: str, options: list[str]) -> dict[str, Any] | None:
    """Run one script, its output shown as it comes; None if it failed."""
    with tempfile.TemporaryDirectory() as folder:
        numbers = Path(folder) / "numbers.json"
        command = [sys.executable, str(HERE / f"{name}.py"), *options, "--json", str(numbers)]
        if subprocess.run(command).returncode:
            print(f"error: {name}.py failed", file=sys.stderr)
            return None
        today = datetime.date.today().isoformat()
        return {
            "date": today,
            "options": " ".join(options),
            "machine": machine(),
            "tables": json.loads(numbers.read_text()),
        }


def slower(results: dict[str, Any]) -> list[str]:
    """Return a line for each row whose peer takes less time. Codecs alone are no peer: they do not filter."""
    found = []
    for name in (script for script in SCRIPTS if script in results):
        for table in results[name]["tables"]:
            for row in table["rows"]:
                ratio = row.get("ratio")
                peer = "convpipe ms" in row or row.get("who", "its codecs alone") != "its codecs alone"
                if peer and isinstance(ratio, float) and ratio < 1:
                    what = [str(value) for value in row.values() if not isinstance(value, float)]
                    found.append(f"- {name}, {table['title']}: {', '.join(what[:-1] or what)}: {ratio:.2f}")
    return found


def markdown(results: dict[str, Any]) -> str:
    """Return all results as a page, the machine told once for scripts that ran on the same."""
    lines = [
        "# Results of the benchmarks",
        "Written by `python benchmarks/run_all.py --record`. Both sides had the same threads, results"
        " were compared first, calls took turns; medians. `ratio` is the peer's time over convpipe's;"
        " `GB/s` counts the bytes of input and output; `of copy speed` is the time of a parallel copy"
        " of as many bytes over convpipe's.",
    ]
    lines += ["What is not faster than its peer:", "\n".join(slower(results)) or "- nothing here"]
    told = None
    for name in (script for script in SCRIPTS if script in results):
        found = results[name]
        if found["machine"] != told:
            told = found["machine"]
            lines.append("\n".join(f"- {key}: {value}" for key, value in told.items()))
        command = " ".join(["python", f"benchmarks/{name}.py", found["options"]]).strip()
        lines.append(f"## {name}\n\n`{command}`, {found['date']}")
        lines += [str(Table(**table)) for table in found["tables"]]
    return "\n\n".join(lines) + "\n"


def record(found: dict[str, Any]) -> None:
    numbers = HERE / "results.json"
    results = {**(json.loads(numbers.read_text()) if numbers.exists() else {}), **found}
    numbers.write_text(json.dumps(results, indent=1) + "\n")
    (HERE / "results.md").write_text(markdown(results))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("scripts", nargs="*", default=SCRIPTS, metavar="SCRIPT", help=", ".join(SCRIPTS))
    parser.add_argument("--record", action="store_true", help="write results.md and results.json")
    parser.add_argument("--side", type=int, help="of the images; default: each script's own")
    parser.add_argument("--threads", type=int, default=2)
    options, others = parser.parse_known_args()
    if unknown := set(options.scripts) - set(SCRIPTS):
        parser.error(f"unknown script {', '.join(unknown)}; known are {', '.join(SCRIPTS)}")
    given = ["--threads", str(options.threads)]
    given += [*(["--side", str(options.side)] if options.side else []), *others]
    found = {name: run_script(name, given) for name in options.scripts}
    if options.record:
        record({name: result for name, result in found.items() if result})
    sys.exit(None in found.values())


if __name__ == "__main__":
    main()

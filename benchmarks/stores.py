"""A folder job from S3 to S3, through faults, against the same job on a disk; and clients of S3 side by side.

    pip install -e ".[stores,moto]"          # and s3fs, for the table of clients
    python benchmarks/stores.py [--images 500] [--size 1000x1500]   # TMPDIR says on which disk

S3 is moto's, on this machine, in a process of its own, with a proxy in front of it that answers one request
in 50 with an error (503, a connection reset before or after it was done, half an answer, by turns) and lets
another one in 50 wait half a second. Both take processor time from the job: on a machine of few cores that is
most of what a store costs here.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
SLOW_SECONDS = 0.5
ERRORS = ("busy", "reset", "lost", "cut")
CONFIG = """
stages:
  - blur: gaussian
    sigma: 1.4
  - edge: sobel
"""


def fault(number: int, method: str, path: str) -> str | float | None:
    """Return what happens to a request: an error to one in 50, and a wait to another."""
    if number % 50 == 20:
        return ERRORS[number // 50 % len(ERRORS)]
    return SLOW_SECONDS if number % 50 == 45 else None


def serve() -> None:
    """Serve S3, and the same with faults, until standard input ends; print the addresses, then the faults."""
    sys.path.insert(0, str(ROOT / "tests" / "stores"))
    import logging

    from faulty import Faults, faulty
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    port, faults = server.get_host_and_port()[1], Faults(fault)
    with faulty(port, faults) as url:
        print(f"http://127.0.0.1:{port}", url, flush=True)
        sys.stdin.read()
        print(json.dumps({"asked": len(faults.asked), "faults": Counter(map(str, faults.done))}), flush=True)
    server.stop()


@contextmanager
def served() -> Iterator[tuple[str, str, Callable[[], dict]]]:
    """Yield the addresses of S3 without and with faults, and what ends it and returns what was asked."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--serve"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdin
    assert process.stdout
    line = process.stdout.readline()
    while not line.startswith("http"):
        line = process.stdout.readline()

    def ended() -> dict:
        process.stdin.close()
        return json.loads(process.stdout.readlines()[-1])

    try:
        yield (*line.split(), ended)
    finally:
        process.kill()
        process.wait()


def make(folder: Path, count: int, rows: int, cols: int) -> None:
    """Write photographs: parts of a sample, no two alike, by JPEG."""
    from convpipe.images import Encoding, read, write

    sample = read(ROOT / "data/photographs/astronaut.jpg").pixels
    tiled = np.tile(sample, (-(-rows // sample.shape[0]) + 1, -(-cols // sample.shape[1]) + 1, 1))
    for number in range(count):
        top, left = number % sample.shape[0], number * 7 % sample.shape[1]
        path = folder / f"{number % 10}" / f"{number:04}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, np.ascontiguousarray(tiled[top : top + rows, left : left + cols]), Encoding(quality=90))


def run(config: Path, source: str, target: str, endpoint: str | None = None) -> tuple[float, dict]:
    """Run the job as a process of its own, and return its seconds and what it says."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)} | ({} if endpoint is None else keys(endpoint))
    began = time.perf_counter()
    command = [sys.executable, "-m", "convpipe", "run", str(config), source, target, "--json", "--overwrite"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode:
        sys.exit(done.stderr + done.stdout[-2000:])
    return seconds, json.loads(done.stdout)["jobs"][0]


def keys(endpoint: str) -> dict[str, str]:
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    return {**dict.fromkeys(names, "none"), "AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": endpoint}


def contents(url: str) -> dict[str, bytes]:
    from convpipe.stores import Url
    from convpipe.stores.store import Store

    store = Store(Url.parse(url))
    return {each.path: store.read(each.path) for each in store.listed() if "journal" not in each.path}


def job(count: int, rows: int, cols: int) -> dict:
    """Time the job on a disk, and from S3 to S3; hold all results of the one against the other's."""
    from convpipe.batch import survey

    with tempfile.TemporaryDirectory() as text, served() as (plain, faulty, ended):
        folder, config = Path(text), Path(text) / "job.yaml"
        config.write_text(CONFIG)
        make(folder / "in", count, rows, cols)
        os.environ.update(keys(plain))
        urllib.request.urlopen(urllib.request.Request(f"{plain}/bench", method="PUT")).close()
        upload(folder / "in", "s3://bench/in")
        run(config, str(folder / "in" / "0"), str(folder / "warm"))
        times: dict[str, list[float]] = {"disk": [], "clean": []}
        for place in ("disk", "clean", "clean", "disk"):  # so that a machine that slows down favours none
            if place == "disk":
                times[place].append(run(config, str(folder / "in"), str(folder / "out"))[0])
            else:
                times[place].append(run(config, "s3://bench/in", "s3://bench/clean", plain)[0])
        store, report = run(config, "s3://bench/in", "s3://bench/out", faulty)
        right = {
            path.relative_to(folder / "out").as_posix(): path.read_bytes()
            for path in (folder / "out").rglob("*.jpg")
        }
        assert report["done"] == count == len(right), report
        assert contents("s3://bench/out") == right, "results differ"
        counts = survey("s3://bench/out").shards[0].counts
        assert (counts["done"], counts["failed"]) == (count, 0), counts
        return {"images": count, **times, "faulty": store, **ended()}


def upload(folder: Path, url: str) -> None:
    from convpipe.stores import Url
    from convpipe.stores.store import Store

    store = Store(Url.parse(url))
    for path in folder.rglob("*.jpg"):
        content = path.read_bytes()
        store.write(path.relative_to(folder).as_posix(), [content], len(content), new=True)


def clients(times: int = 200, nbytes: int = 200_000) -> dict[str, tuple[float, float, float]]:
    """Return the milliseconds of an import, a write and a read by each client that is installed."""
    content = os.urandom(nbytes)
    with served() as (plain, _, ended):
        os.environ.update(keys(plain))
        urllib.request.urlopen(urllib.request.Request(f"{plain}/bench", method="PUT")).close()
        found = {}
        for name, client in (("obstore", with_obstore), ("s3fs", with_s3fs)):
            began = time.perf_counter()
            try:
                write, read = client(plain)
            except ImportError:
                continue
            imported = time.perf_counter() - began
            write("first", content), read("first")
            marks = [time.perf_counter()]
            for number in range(times):
                write(f"{number}", content)
            marks.append(time.perf_counter())
            for number in range(times):
                read(f"{number}")
            marks.append(time.perf_counter())
            written, fetched = np.diff(marks) / times * 1000
            found[name] = (imported * 1000, written, fetched)
        ended()
    return found


def with_obstore(endpoint: str) -> tuple[Callable, Callable]:
    import obstore
    from obstore.store import S3Store

    store = S3Store("bench", endpoint=endpoint, client_options={"allow_http": True})
    return (
        lambda name, content: obstore.put(store, name, content, use_multipart=False),
        lambda name: bytes(obstore.get(store, name).bytes()),
    )


def with_s3fs(endpoint: str) -> tuple[Callable, Callable]:
    import s3fs

    files = s3fs.S3FileSystem(endpoint_url=endpoint, key="none", secret="none")
    return (
        lambda name, content: files.pipe_file(f"bench/{name}", content),
        lambda name: files.cat_file(f"bench/{name}"),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", type=int, default=500)
    parser.add_argument("--size", default="1000x1500")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--clients", action="store_true", help="time clients alone")
    parser.add_argument("--job", action="store_true", help="time the job alone")
    given = parser.parse_args()
    if given.serve:
        serve()
        return
    for name, (imported, written, read) in ({} if given.job else clients()).items():
        print(f"{name}: import {imported:.0f} ms, write {written:.1f} ms, read {read:.1f} ms of 200 kB")
    if given.clients:
        return
    found = job(given.images, *map(int, given.size.split("x")))
    disk, clean = (min(found[place]) for place in ("disk", "clean"))
    shown = {place: ", ".join(f"{each:.1f}" for each in found[place]) for place in ("disk", "clean")}
    print(
        f"{found['images']} images of {given.size}: disk {shown['disk']} s, S3 {shown['clean']} s "
        f"({clean / disk:.2f}x), with faults {found['faulty']:.1f} s ({found['faulty'] / disk:.2f}x); "
        f"{found['asked']} requests through the proxy, of which {found['faults']}"
    )


if __name__ == "__main__":
    main()

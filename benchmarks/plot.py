"""Pictures of results.json, for the docs.

python benchmarks/plot.py [RESULTS.json] [FOLDER]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

HERE = Path(__file__).parent
OURS, USUAL, TUNED, HALIDE, COPY = "#0b7285", "#adb5bd", "#6c757d", "#e8890c", "#d0ebff"
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#868e96",
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.grid": True,
    "grid.color": "#e9ecef",
    "axes.axisbelow": True,
    "xtick.color": "#495057",
    "ytick.color": "#212529",
    "legend.frameon": False,
    "figure.dpi": 150,
}
Rows = list[dict[str, Any]]
TIMES = FuncFormatter(lambda value, _: f"{value:g}×")
PLAIN = FuncFormatter(lambda value, _: f"{value:g}")


def tables(results: dict[str, Any], script: str) -> dict[str, Rows]:
    """Return the tables of a script by title; none if it was not run."""
    return {table["title"]: table["rows"] for table in results.get(script, {"tables": []})["tables"]}


def ratios(results: dict[str, Any]) -> Figure:
    """How many times faster than each peer: every chain, and single filters by kind."""
    chains, kinds = chain_ratios(results), kind_ratios(results)
    bars = sum(len(peers) for peers in chains.values())
    heights = [bars * 0.72 + 1, len(kinds)]
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(9, 1.6 + 0.3 * sum(heights)), height_ratios=heights, layout="constrained"
    )
    draw_chains(above, chains)
    draw_kinds(below, kinds)
    return figure


def chain_ratios(results: dict[str, Any]) -> dict[str, list[tuple[str, str, float]]]:
    """Return (peer, colour, ratio) of each chain."""
    found: dict[str, list[tuple[str, str, float]]] = {}
    sources = (
        ("opencv", "usually written", "OpenCV, as usually written", USUAL),
        ("opencv", "tuned", "OpenCV, tuned by hand", TUNED),
        ("halide_chains", "Halide", "Halide, scheduled by hand", HALIDE),
    )
    for script, word, peer, colour in sources:
        for title, rows in tables(results, script).items():
            if title.startswith("Chains") and word in title:
                for row in rows:
                    found.setdefault(row["chain"], []).append((peer, colour, row["ratio"]))
    return found


def draw_chains(axes: Axes, chains: dict[str, list[tuple[str, str, float]]]) -> None:
    place, labels = 0.0, []
    for name, peers in chains.items():
        labels.append((place + (len(peers) - 1) / 2, name.replace(", ", " → ")))
        for peer, colour, ratio in peers:
            seen = axes.get_legend_handles_labels()[1]
            axes.barh(place, ratio - 1, 0.86, left=1, color=colour, label=None if peer in seen else peer)
            note(axes, ratio, place)
            place += 1
        place += 0.7
    axes.set_yticks(*zip(*labels, strict=True))
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.07), ncols=3, fontsize=9)
    finish_ratios(axes, "Chains, 8-bit images: times as fast as the peer")


def kind_ratios(results: dict[str, Any]) -> dict[str, list[float]]:
    """Return the ratios of each table of single filters."""
    kinds = {
        f"OpenCV: {title}": rows
        for title, rows in tables(results, "opencv").items()
        if not title.startswith("Chains")
    }
    kinds |= {f"torch: {title}": rows for title, rows in tables(results, "conv2d_torch").items()}
    kinds |= tables(results, "ndimage")
    return {title: [row["ratio"] for row in rows] for title, rows in kinds.items()}


def draw_kinds(axes: Axes, kinds: dict[str, list[float]]) -> None:
    for place, values in enumerate(kinds.values()):
        mean = float(np.exp(np.mean(np.log(values))))
        axes.barh(place, mean - 1, 0.74, left=1, color=OURS)
        axes.plot([min(values), max(values)], [place, place], color="#212529", lw=1.2, marker="|", ms=6)
        note(axes, max(values), place, f"{mean:.3g}×")
    axes.set_yticks(range(len(kinds)), list(kinds))
    finish_ratios(axes, "Single filters: mean, least and greatest of each table")


def note(axes: Axes, ratio: float, place: float, text: str | None = None) -> None:
    axes.annotate(
        text or f"{ratio:.3g}×",
        (max(ratio, 1), place),
        (4, 0),
        textcoords="offset points",
        va="center",
        fontsize=8.5,
    )


def finish_ratios(axes: Axes, title: str) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(TIMES)
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = axes.get_xlim()
    axes.set_xticks([0.1, 0.3, 1, 3, 10, 30, 100, 300])
    axes.set_xlim(low, high * 1.5)
    axes.axvline(1, color="#212529", lw=1)
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_title(title)


def kernels(results: dict[str, Any]) -> Figure:
    """Time against the size of the kernel, ours, OpenCV's and a copy's."""
    found = {title: rows for title, rows in tables(results, "opencv").items() if "K" in rows[0]}
    found = {title: rows for title, rows in found.items() if len(rows) > 4}
    names = list(dict.fromkeys(title.rpartition(", ")[0] for title in found))
    figure, grid = plt.subplots(
        2, len(names), figsize=(11, 5.6), sharex="col", sharey="row", layout="constrained", squeeze=False
    )
    for across, dtype in zip(grid, ("uint8", "float32"), strict=True):
        for axes, name in zip(across, names, strict=True):
            draw_lines(axes, found[f"{name}, {dtype}"], "K", "{} ms")
            axes.set_title(f"{name}, {dtype}")
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(PLAIN)
            axes.set_xticks([3, 7, 11, 15] if name == "filter2D" else [3, 9, 15, 21, 31])
        across[0].set_ylabel("ms")
    for axes in grid[-1]:
        axes.set_xlabel("kernel size")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3, fontsize=10)
    return figure


def draw_lines(axes: Axes, rows: Rows, over: str, column: str) -> None:
    """Draw times against column `over`: ours, OpenCV's, and below both that of a copy."""
    x = [row[over] for row in rows]
    ours = np.array([row[column.format("convpipe")] for row in rows])
    copy = ours * [row["of copy speed"] for row in rows]
    axes.plot(
        x,
        [row[column.format("OpenCV")] for row in rows],
        color=TUNED,
        marker="o",
        ms=4,
        lw=1.6,
        label="OpenCV",
    )
    axes.plot(x, ours, color=OURS, marker="o", ms=4, lw=2.2, label="convpipe")
    axes.plot(x, copy, color="#74c0fc", lw=1.6, ls=(0, (4, 2)), label="copy of the bytes")


def sizes(results: dict[str, Any]) -> Figure:
    """Time per pixel against the size of the image."""
    rows = tables(results, "scaling")["Growth with the image"]
    figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
    draw_lines(axes, rows, "megapixels", "{} ns a pixel")
    axes.set_xscale("log")
    axes.set_xticks([row["megapixels"] for row in rows])
    axes.xaxis.set_major_formatter(PLAIN)
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_ylim(0)
    axes.set_xlabel("megapixels")
    axes.set_ylabel("ns a pixel")
    axes.set_title("Blur 5x5 → Sobel magnitude, 8-bit images")
    axes.legend(fontsize=9)
    return figure


def growth(results: dict[str, Any]) -> Figure:
    """Time against the number of stages, of threads against one, and of small images against OpenCV."""
    found = tables(results, "scaling")
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(12, 3.8), width_ratios=(1, 1.1, 1.3), layout="constrained"
    )
    draw_stages(left, {dtype: found[f"Growth with the stages, {dtype}"] for dtype in ("uint8", "float32")})
    draw_threads(middle, found["Growth with the threads, uint8"])
    draw_small(right, tables(results, "small")["Small images, OpenCV tuned by hand"])
    return figure


def draw_stages(axes: Axes, by_dtype: dict[str, Rows]) -> None:
    for (dtype, rows), style in zip(by_dtype.items(), ("-", ":"), strict=True):
        for name, colour in (("blur 5x5", OURS), ("sharpen 3x3", HALIDE)):
            counts, times = zip(*((row["stages"], row[f"{name} ms a stage"]) for row in rows), strict=True)
            axes.plot(counts, times, style, color=colour, marker="o", ms=4, lw=2, label=f"{name}, {dtype}")
    axes.set_ylim(0)
    axes.set_xticks(range(2, 13, 2))
    axes.set_xlabel("stages")
    axes.set_ylabel("ms a stage")
    axes.set_title("4096 x 4096")
    axes.legend(fontsize=9)


def draw_threads(axes: Axes, rows: Rows) -> None:
    for place, row in enumerate(rows):
        axes.barh(place, row["ratio"], 0.74, color=OURS)
        note(axes, row["ratio"], place)
    axes.set_yticks(range(len(rows)), [row["chain"].replace(", ", "\n", 1) for row in rows], fontsize=8)
    axes.set_xlim(0, 2.8)
    axes.axvline(2, color="#212529", lw=1)
    axes.grid(False, axis="y")
    axes.invert_yaxis()
    axes.set_title("Two threads over one")


def draw_small(axes: Axes, rows: Rows) -> None:
    chains = dict.fromkeys(row["chain"] for row in rows)
    for name in chains:
        own = [row for row in rows if row["chain"] == name]
        axes.plot([row["side"] for row in own], [row["ratio"] for row in own], marker="o", ms=4, label=name)
    axes.axhline(1, color="#212529", lw=1)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    axes.xaxis.set_major_formatter(PLAIN)
    axes.yaxis.set_major_formatter(TIMES)
    axes.set_xlabel("side of the image")
    axes.set_title("Over OpenCV tuned by hand")
    axes.set_ylim(0.5, 16)  # room for the legend
    axes.legend(fontsize=7, loc="upper left")


PICTURES = {"ratios": ratios, "kernels": kernels, "sizes": sizes, "growth": growth}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("results", type=Path, nargs="?", default=HERE / "results.json")
    parser.add_argument("folder", type=Path, nargs="?", default=HERE.parent / "docs" / "pictures")
    options = parser.parse_args()
    results = json.loads(options.results.read_text())
    options.folder.mkdir(parents=True, exist_ok=True)
    plt.rcParams.update(STYLE)
    for name, draw in PICTURES.items():
        draw(results).savefig(options.folder / f"{name}.png", facecolor="white", metadata={"Software": None})


if __name__ == "__main__":
    main()

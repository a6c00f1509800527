// How many values there are of each, and how many the type of the result does not hold.

import { ask, post } from "./api.js";
import { byId, number, svg } from "./dom.js";

const COLOURS = ["red", "green", "blue"];
const share = (count, all) => (100 * count / all >= 0.01 ? `${number(Number((100 * count / all).toPrecision(2)))} %` : "under 0.01 %");

export function showHistogram(seen) {
  if (!seen) return;
  const { change, size, ...view } = seen; // of all the pixels, and not of a picture of them
  ask("histogram", () => view, (body) => post("histogram", body), (made) => { if (!made.error) draw(made); });
}

function draw(made) {
  const shown = byId("histogram");
  const most = Math.max(1, ...made.counts.flat());
  const height = (count) => (count ? Math.max(1, 68 * Math.sqrt(count / most)) : 0);
  const outline = (counts) => `M0 72${counts.map((count, at) => `V${(72 - height(count)).toFixed(1)}H${at + 1}`).join("")}V72Z`;
  const colours = made.counts.length === 3 ? COLOURS : ["grey", "green", "blue", "red"];
  const paths = made.counts.map((counts, k) => svg("path", { d: outline(counts), class: `bars ${colours[k]}` }));
  const marks = [];
  const spread = made.to - made.from;
  if (made.holds && spread > 0) {
    for (const [end, count, from, to] of [
      ["below", made.below, made.from, made.holds[0]], ["above", made.above, made.holds[1], made.to],
    ]) {
      if (!count) continue;
      const [left, right] = [from, to].map((value) => 256 * Math.min(1, Math.max(0, (value - made.from) / spread)));
      const x = end === "below" ? left : Math.min(left, 253);
      marks.push(svg("rect", { x, y: 0, width: Math.max(3, right - left), height: 72, class: "clipped" }));
    }
  }
  shown.replaceChildren(...marks, ...paths);
  const all = made.counts.reduce((sum, counts) => sum + counts.reduce((a, b) => a + b, 0), 0) || 1;
  const parts = [`${number(made.low)} to ${number(made.high)}`];
  if (made.mean !== null) parts.push(`mean ${number(made.mean)}`);
  const clipped = [];
  if (made.below) clipped.push(`${made.below} below ${number(made.holds[0])} (${share(made.below, all)})`);
  if (made.above) clipped.push(`${made.above} above ${number(made.holds[1])} (${share(made.above, all)})`);
  if (made.missing) parts.push(`${made.missing} missing`);
  const counts = byId("counts");
  counts.textContent = parts.join(", ");
  if (clipped.length) {
    const said = document.createElement("strong");
    said.textContent = `clipped: ${clipped.join(", ")}`;
    counts.append(" ", said);
  }
}

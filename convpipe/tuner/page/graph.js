// Which stage reads which, beside the cards: a dot for each, in lanes, and lines from what it reads.

import { byId, svg } from "./dom.js";
import { store } from "./store.js";

const STEP = 13;
const LEFT = 10;

// A lane for what each stage gives: it goes on until the last that reads it.
function lanes(stages) {
  const last = new Map();
  stages.forEach((stage, at) => stage.reads.forEach((source) => last.set(source, at)));
  const held = [-1];
  const found = new Map([[-1, 0]]);
  stages.forEach((stage, at) => {
    const ending = stage.reads.filter((source) => last.get(source) === at).map((source) => held.indexOf(source));
    const free = held.indexOf(null);
    const own = ending.length ? Math.min(...ending) : free >= 0 ? free : held.length;
    for (const lane of ending) held[lane] = null;
    held[own] = last.has(at) ? at : null;
    found.set(at, own);
  });
  return [found, held.length];
}

export function drawGraph() {
  requestAnimationFrame(() => {
    const { session } = store;
    const box = byId("stages");
    const graph = byId("graph");
    if (!store.plan) return;
    const { stages } = store.plan;
    const [lane, count] = lanes(stages);
    const top = box.getBoundingClientRect().top;
    const heights = new Map([[-1, 6]]);
    stages.forEach((stage, at) => {
      const entry = session.entries.findIndex((one) => one.numbers.includes(stage.number));
      const head = byId(`entry-${entry}`)?.querySelector(".head");
      if (!head) return;
      const rect = head.getBoundingClientRect();
      heights.set(at, rect.top - top + rect.height / 2);
    });
    const x = (at) => LEFT + STEP * lane.get(at);
    box.style.setProperty("--gutter", `${LEFT * 2 + STEP * (count - 1) + 4}px`);
    const lines = stages.flatMap((stage, at) => stage.reads.filter((source) => heights.has(at) && heights.has(source)).map((source) => {
      const [x0, y0, x1, y1] = [x(source), heights.get(source), x(at), heights.get(at)];
      const bend = x0 === x1 ? `V${y1}` : x1 > x0
        ? `C${x0} ${y0 + 16} ${x1} ${y0 + 4} ${x1} ${y0 + 22}V${y1}`
        : `V${Math.max(y0, y1 - 22)}C${x0} ${y1 - 4} ${x1} ${y1 - 16} ${x1} ${y1}`;
      return svg("path", { d: `M${x0} ${y0}${bend}`, class: `edge lane${lane.get(source) % 4}` });
    }));
    const dots = [...heights].map(([at, y]) => svg("circle", {
      cx: x(at), cy: y, r: at === -1 ? 4 : 4.5, class: `dot${at !== -1 && stages[at].number === store.shown ? " now" : ""}`,
    }));
    const { height } = box.getBoundingClientRect();
    graph.setAttribute("height", height);
    graph.setAttribute("width", LEFT * 2 + STEP * count);
    graph.replaceChildren(...lines, ...dots);
  });
}

new ResizeObserver(drawGraph).observe(byId("stages"));

// Weights of a kernel, or which pixels of a footprint count, as a grid whose cells are edited.

import { h, number } from "./dom.js";

export function makeGrid(control, id, act, isMask) {
  const cells = h("div", { class: `grid${isMask ? " mask" : ""}`, role: "group", "aria-label": control.name });
  const about = h("span", { class: "about" });
  // What a cell was given that is no number stands there until it is one: of the kernel nothing has changed.
  const faults = h("div", { class: "faults", role: "alert" });
  const wrong = new Map();
  let rows = [];

  function tell(field, i, j, text) {
    if (text === null) wrong.delete(field);
    else wrong.set(field, `row ${i}, column ${j} needs a number; given ${text.trim() === "" ? "nothing" : JSON.stringify(text)}`);
    if (text === null) field.removeAttribute("aria-invalid");
    else field.setAttribute("aria-invalid", "true");
    faults.replaceChildren(...[...wrong.values()].map((each) => h("p", {}, each)));
  }

  const resize = (down, across) => {
    const count = [Math.max(1, rows.length + down), Math.max(1, rows[0].length + across)];
    // Around the middle, so that what is there stays where it is.
    const from = [Math.floor((count[0] - rows.length) / 2), Math.floor((count[1] - rows[0].length) / 2)];
    act.set(Array.from({ length: count[0] }, (_, i) => Array.from({ length: count[1] }, (_, j) =>
      rows[i - from[0]]?.[j - from[1]] ?? 0)));
  };
  const sizes = h("span", { class: "row" }, ...[
    ["Fewer rows", "− rows", -2, 0], ["More rows", "+ rows", 2, 0], ["Fewer columns", "− cols", 0, -2], ["More columns", "+ cols", 0, 2],
  ].map(([label, text, down, across]) => h("button", { class: "act", title: label, "aria-label": label, onclick: () => resize(down, across) }, text)));

  function cell(i, j) {
    if (isMask) {
      return h("button", { class: "cell", "aria-label": `row ${i}, column ${j}`, onclick: () => act.set(rows[i][j] ? 0 : 1, [i, j]) });
    }
    const field = h("input", {
      type: "text", inputMode: "decimal", class: "cell", id: i || j ? `${id}-${i}-${j}` : id, "aria-label": `row ${i}, column ${j}`, autocomplete: "off",
      onfocus: () => field.select(),
      onchange: () => {
        const value = Number(field.value);
        const right = field.value.trim() !== "" && Number.isFinite(value);
        tell(field, i, j, right ? null : field.value);
        if (right) act.set(value, [i, j]);
      },
      onkeydown: (event) => {
        const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0] }[event.key];
        if (!step) return;
        event.preventDefault();
        (cells.children[(i + step[0]) * rows[0].length + j] ?? field).focus();
      },
    });
    return field;
  }

  function show(value) {
    const now = Array.isArray(value) && Array.isArray(value[0]) ? value : [];
    const same = now.length === rows.length && now[0]?.length === rows[0]?.length;
    rows = now;
    if (!rows.length) return;
    if (!same) {
      cells.style.setProperty("--columns", rows[0].length);
      wrong.clear();
      faults.replaceChildren();
      cells.replaceChildren(...rows.flatMap((row, i) => row.map((_, j) => cell(i, j))));
      cells.classList.toggle("many", rows[0].length > 7);
    }
    const most = Math.max(1e-30, ...rows.flat().map(Math.abs));
    rows.flat().forEach((weight, at) => {
      const shown = cells.children[at];
      shown.style.setProperty("--size", `${Math.round((60 * Math.abs(weight)) / most)}%`);
      shown.classList.toggle("minus", weight < 0);
      if (isMask) shown.setAttribute("aria-pressed", String(Boolean(weight)));
      else if (shown !== document.activeElement && !wrong.has(shown)) shown.value = number(weight);
    });
    const sum = rows.flat().reduce((total, weight) => total + weight, 0);
    about.textContent = isMask ? `${rows.length} x ${rows[0].length}` : `${rows.length} x ${rows[0].length}, sum ${number(Number(sum.toPrecision(6)))}`;
  }
  return { parts: [cells, faults, sizes, about], show };
}

"use strict";

/* What all pages share: their data, elements, and tables of numbers. */

const data = JSON.parse(document.getElementById("data").textContent);

function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "class") element.className = value;
    else if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

/* Typography: signs for those that an expression is written with. */
function typeset(text) {
  return text.replace(/\*/g, "\u00b7").replace(/-(?=[\d.(∞a-z])| - /g, found => found === "-" ? "\u2212" : " \u2212 ");
}

/* A table of numbers under a caption. rows and cols number its edges, dress(td, i, j) sees to each cell. */
function grid(caption, texts, { rows = null, cols = null, dress = () => {} } = {}) {
  const table = make("table", { class: "grid" });
  if (cols) {
    const head = make("tr", {}, make("th", { "aria-label": "row" }));
    for (const col of cols) head.append(make("th", { scope: "col" }, typeset(String(col))));
    table.append(make("thead", {}, head));
  }
  const cells = [];
  const body = make("tbody");
  texts.forEach((line, i) => {
    const row = make("tr");
    if (rows) row.append(make("th", { scope: "row" }, typeset(String(rows[i]))));
    cells.push(line.map((text, j) => {
      const cell = make("td", {}, make("span", {}, typeset(text)));
      dress(cell, i, j);
      row.append(cell);
      return cell;
    }));
    body.append(row);
  });
  table.append(body);
  const stage = make("div", { class: "stage" }, table);
  const figure = make("figure", { tabindex: null }, make("figcaption", {}, caption), stage);
  return { figure, stage, table, cells };
}

/* Letters as large as the longest number allows, in cells as large as the page allows. */
function fit(one, across, least = 26, most = 46) {
  const columns = one.cells.length ? one.cells[0].length : 1;
  const longest = Math.max(1, ...one.cells.flat().map(cell => cell.textContent.length));
  const edge = one.table.tHead ? 34 : 6;
  const needed = Math.max(least, Math.ceil(longest * 6.1 + 8));
  const cell = Math.max(needed, Math.min(most, Math.floor((across - edge) / columns)));
  one.table.style.setProperty("--cell", `${cell}px`);
  one.table.style.setProperty("--letters", `${Math.max(9.5, Math.min(15, (cell - 6) / longest / 0.62))}px`);
}

function counted(first, count) {
  return Array.from({ length: count }, (_, k) => first + k);
}

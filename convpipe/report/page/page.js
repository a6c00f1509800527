"use strict";
// The page works without this but for the table of images, the sliders and the sizes in the graph.

const DATA = JSON.parse(document.getElementById("data").textContent);

// Fields of a row, and of its steps, in the order of the page's data.
const PATH = 0, STATUS = 1, SIZE = 2, SECONDS = 3, SAYS = 4, MEASURES = 5, READ = 6, WRITTEN = 7, STEPS = 8;
const STEP_NAMES = ["read", "plan", "filter", "write"];
const EXTRA_ROWS = 12, TEXTS_WIDE = 562, NUMBER_WIDE = 104;

const make = (name, options = {}, ...children) => {
  const element = Object.assign(document.createElement(name), options);
  element.append(...children);
  return element;
};

const facts = pairs => make("dl", {}, ...pairs.flatMap(([name, said]) => [
  make("dt", { textContent: name }), make("dd", { textContent: said }),
]));

// ---- samples: a stage over the image

for (const viewer of document.querySelectorAll("[data-viewer]")) {
  const line = viewer.querySelector("input[type=range]"), before = viewer.querySelector(".before");
  const after = viewer.querySelector(".after"), caption = viewer.querySelector("figcaption");
  const corner = viewer.querySelector(".corner.right");
  const image = before.alt;
  const cut = () => { before.style.clipPath = `inset(0 ${100 - line.value}% 0 0)`; };
  line.addEventListener("input", cut);
  cut();
  const choices = [...viewer.querySelectorAll(".strip button")];
  for (const choice of choices) choice.addEventListener("click", () => {
    for (const other of choices) other.setAttribute("aria-pressed", String(other === choice));
    const picture = choice.querySelector("img");
    after.src = picture.src;
    after.classList.toggle("squares", picture.classList.contains("squares"));
    after.alt = image.replace(/[^:]*$/, " ") + choice.dataset.name;
    caption.textContent = choice.dataset.caption;
    corner.textContent = choice.dataset.name;
    line.setAttribute("aria-label", `How much of the image is shown beside ${choice.dataset.name}, from the left`);
  });
}

// ---- the graph: sizes of another input

for (const choice of document.querySelectorAll("select[data-flow]")) choice.addEventListener("change", () => {
  const sizes = DATA[choice.dataset.flow].flows[choice.value];
  for (const label of choice.closest(".graph").querySelectorAll("[data-size]"))
    label.textContent = sizes[Number(label.dataset.size) + 1] ?? "";
});

// ---- images: a table that has only the rows in sight

const shownNumber = value => value === null || value === undefined ? "" : String(Number(value.toPrecision(6)));
const compared = new Intl.Collator(undefined, { numeric: true }).compare;

class Images {
  constructor(place) {
    this.place = place;
    this.data = DATA[place.dataset.images];
    this.section = place.closest("section");
    this.columns = this.makeColumns();
    this.kind = "all";
    this.sorted = null;
    this.down = false;
    this.active = 0;
    this.search = this.section.querySelector("input[type=search]");
    this.status = this.section.querySelector("[role=status]");
    this.makeTable();
    this.makeTools();
    this.choose();
  }

  makeColumns() {
    const data = this.data;
    return [
      { title: "image", kind: "name", value: row => row[PATH] },
      { title: "outcome", kind: "status", value: row => row[STATUS] },
      { title: "input", kind: "number", value: row => data.sizes[row[SIZE]].input ?? "" },
      ...data.measures.map((title, at) => ({ title, kind: "number", value: row => row[MEASURES][at] })),
      { title: "seconds", kind: "number", value: row => row[SECONDS] },
      { title: "what is to say", kind: "says", value: row => row[SAYS].join("; ") },
    ];
  }

  makeTable() {
    this.heads = this.columns.map((column, at) => {
      const button = make("button", { type: "button", textContent: column.title });
      button.addEventListener("click", () => this.sort(at));
      const head = make("th", { scope: "col", className: column.kind }, button);
      head.title = column.title;
      return head;
    });
    this.body = make("tbody");
    const kinds = this.columns.map(column => make("col", { className: column.kind }));
    this.table = make("table", {}, make("colgroup", {}, ...kinds), make("thead", {}, make("tr", {}, ...this.heads)), this.body);
    this.table.setAttribute("aria-label", "Images");
    const numbers = this.columns.filter(column => column.kind === "number").length;
    this.table.style.minWidth = `min(${TEXTS_WIDE + NUMBER_WIDE * numbers}px, var(--wide))`;
    this.place.append(this.table);
    this.place.addEventListener("scroll", () => this.draw(), { passive: true });
    this.body.addEventListener("keydown", event => this.key(event));
    this.body.addEventListener("click", event => {
      const line = event.target.closest("tr[data-at]");
      if (line) { this.active = Number(line.dataset.at); this.draw(true); this.open(); }
    });
    new ResizeObserver(() => this.draw(true)).observe(this.place);
  }

  makeTools() {
    this.search.addEventListener("input", () => this.choose());
    const counts = new Map();
    for (const row of this.data.rows) counts.set(row[STATUS], (counts.get(row[STATUS]) ?? 0) + 1);
    const kinds = [["all", this.data.rows.length], ...counts];
    const place = this.section.querySelector(".kinds");
    if (kinds.length > 2) for (const [kind, count] of kinds) {
      const button = make("button", { type: "button", textContent: `${kind} ${count.toLocaleString("en")}` });
      button.setAttribute("aria-pressed", String(kind === this.kind));
      button.addEventListener("click", () => {
        this.kind = kind;
        for (const other of place.children) other.setAttribute("aria-pressed", String(other === button));
        this.choose();
      });
      place.append(button);
    }
    const order = this.section.querySelector(".order select");
    order.append(make("option", { value: "", textContent: "order of the run" }));
    this.columns.forEach((column, at) => order.append(
      make("option", { value: `${at} up`, textContent: `${column.title}, upward` }),
      make("option", { value: `${at} down`, textContent: `${column.title}, downward` }),
    ));
    order.addEventListener("change", () => {
      const [at, way] = order.value.split(" ");
      this.sorted = order.value ? Number(at) : null;
      this.down = way === "down";
      this.choose();
    });
  }

  sort(at) {
    this.down = this.sorted === at && !this.down;
    this.sorted = at;
    this.choose();
  }

  // What is in the table, in its order.
  choose() {
    const words = this.search.value.trim().toLowerCase();
    const wanted = row => (this.kind === "all" || row[STATUS] === this.kind)
      && (!words || row[PATH].toLowerCase().includes(words) || row[SAYS].join(" ").toLowerCase().includes(words));
    this.rows = this.data.rows.filter(wanted);
    if (this.sorted !== null) this.order(this.columns[this.sorted].value);
    this.heads.forEach((head, at) => {
      if (at === this.sorted) head.setAttribute("aria-sort", this.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    const all = this.data.rows.length, found = this.rows.length;
    this.status.textContent = found === all
      ? `${all.toLocaleString("en")} in the table` : `${found.toLocaleString("en")} of ${all.toLocaleString("en")} in the table`;
    this.table.setAttribute("aria-rowcount", String(found + 1));
    this.active = 0;
    this.place.scrollTop = 0;
    this.draw(true);
  }

  // What has no value comes last, either way.
  order(value) {
    const sign = this.down ? -1 : 1;
    const empty = each => each === null || each === undefined || each === "";
    const keyed = this.rows.map(row => [value(row), row]);
    keyed.sort(([a], [b]) => {
      if (empty(a) || empty(b)) return empty(a) - empty(b);
      return sign * (typeof a === "number" && typeof b === "number" ? a - b : compared(a, b));
    });
    this.rows = keyed.map(([, row]) => row);
  }

  rowHeight() {
    return parseFloat(getComputedStyle(this.place).getPropertyValue("--row")) || 38;
  }

  draw(again = false) {
    const high = this.rowHeight(), top = this.place.scrollTop;
    const first = Math.max(0, Math.floor(top / high) - EXTRA_ROWS);
    const count = Math.ceil((this.place.clientHeight || 600) / high) + 2 * EXTRA_ROWS;
    const last = Math.min(this.rows.length, first + count);
    if (!again && first === this.first && last === this.last) return;
    [this.first, this.last] = [first, last];
    const held = this.body.contains(document.activeElement);
    const lines = [];
    for (let at = first; at < last; at++) lines.push(this.line(at));
    this.body.replaceChildren(this.space(first * high), ...lines, this.space((this.rows.length - last) * high));
    if (held) this.focus();
  }

  space(high) {
    const cell = make("td");
    cell.style.height = `${high}px`;
    const line = make("tr", { className: "space", hidden: high === 0 }, cell);
    line.setAttribute("aria-hidden", "true");
    return line;
  }

  line(at) {
    const row = this.rows[at];
    const cells = this.columns.map(column => {
      const value = column.value(row), cell = make("td", { className: column.kind });
      cell.textContent = typeof value === "number" ? shownNumber(value) : value ?? "";
      if (column.kind === "name") {
        cell.title = row[PATH];
        cell.append(make("span", { className: "second", textContent: row[SAYS][0] ?? this.data.sizes[row[SIZE]].input ?? "" }));
      }
      if (column.kind === "status") cell.classList.add(`is-${value}`);
      if (column.kind === "says") cell.title = value;
      return cell;
    });
    const line = make("tr", { tabIndex: at === this.active ? 0 : -1 }, ...cells);
    line.dataset.at = at;
    line.setAttribute("aria-rowindex", String(at + 2));
    return line;
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.place.clientHeight / this.rowHeight()) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key === "Enter" || event.key === " ") { event.preventDefault(); this.open(); return; }
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.active = Math.max(0, Math.min(this.rows.length - 1, this.active + steps[event.key]));
    const high = this.rowHeight(), top = this.active * high, room = this.place.clientHeight - 2 * high;
    if (top < this.place.scrollTop) this.place.scrollTop = top;
    if (top > this.place.scrollTop + room) this.place.scrollTop = top - room;
    this.draw(true);
    this.focus();
  }

  focus() {
    this.body.querySelector(`[data-at="${this.active}"]`)?.focus({ preventScroll: true });
  }

  // All that is known of an image.
  open() {
    const row = this.rows[this.active], size = this.data.sizes[row[SIZE]], dialog = document.querySelector("dialog");
    if (!row) return;
    const bytes = count => `${count.toLocaleString("en")} bytes`;
    const groups = [
      ["Image", [
        ["outcome", row[STATUS]], ["input", size.input ?? ""], ["read", row[READ] ? bytes(row[READ]) : ""],
        ["written", row[WRITTEN] ? bytes(row[WRITTEN]) : ""],
      ]],
      ["Measures", this.data.measures.map((name, at) => [name, shownNumber(row[MEASURES][at])])],
      ["Seconds", [["in all", shownNumber(row[SECONDS])], ...row[STEPS].map((spent, at) => [STEP_NAMES[at], shownNumber(spent)])]],
      ["Output sizes", size.stages],
    ];
    dialog.querySelector("h3").textContent = row[PATH];
    const says = row[SAYS].map(textContent => make("p", { textContent, className: `is-${row[STATUS]}` }));
    const made = groups.map(([title, pairs]) => [title, pairs.filter(([, said]) => said !== "")])
      .filter(([, pairs]) => pairs.length).map(([title, pairs]) => make("div", {}, make("h4", { textContent: title }), facts(pairs)));
    dialog.querySelector(".told").replaceChildren(...says, make("div", { className: "groups" }, ...made));
    dialog.showModal();
  }
}

for (const place of document.querySelectorAll("[data-images]")) new Images(place);
document.querySelector("dialog .close").addEventListener("click", () => document.querySelector("dialog").close());

// The list of stages: a card each, with the controls of its parameters. A card is made anew where it is of
// another method; else its values are put into the controls that are there.

import { byId, h, number } from "./dom.js";
import { store, change, set, newGesture } from "./store.js";
import { makeControl } from "./controls.js";
import { drawGraph } from "./graph.js";

let open = 0;
let cards = [];

// Where a stage that is added comes.
export const place = () => Math.min(store.session.entries.length, open + 1);

const kindOf = (entry) => JSON.stringify([entry.family, entry.label, entry.on, entry.own.map((one) => one.name), entry.loose, entry.methods.length]);

export function showStages(session, before) {
  const { entries } = session;
  const added = before && entries.length === before.entries.length + 1;
  if (added) open = entries.findIndex((entry, at) => kindOf(entry) !== kindOf(before.entries[at] ?? entry) || at === entries.length - 1);
  open = Math.max(0, Math.min(open, entries.length - 1));
  const kinds = entries.map(kindOf);
  if (cards.length !== entries.length || cards.some((card, at) => card.kind !== kinds[at])) {
    const focused = document.activeElement?.id;
    cards = entries.map((entry, at) => makeCard(entry, at, kinds[at]));
    byId("cards").replaceChildren(...cards.map((card) => card.element));
    if (focused) byId(focused)?.focus();
  }
  cards.forEach((card, at) => card.update(entries[at], session));
  const drawn = JSON.stringify([kinds, open, session.plan?.stages.map((stage) => stage.reads), store.shown]);
  if (drawn !== showStages.drawn) drawGraph();
  showStages.drawn = drawn;
}

export function showOptions(session) {
  const box = byId("options");
  if (!box.children.length) {
    box.controls = session.options.map((option) => makeControl(option, `option-${option.name}`, {
      set: (value) => change({ op: "option", key: option.name, value }),
      unset: () => change({ op: "option", key: option.name, value: null }),
    }));
    box.append(...box.controls.map((one) => one.element));
  }
  session.options.forEach((option, at) => box.controls[at].update(option.value, option.faults, option.value !== null));
}

function unfold(at) {
  open = open === at ? -1 : at;
  cards.forEach((card, k) => card.unfold(k === open));
  drawGraph();
}

function makeCard(entry, at, kind) {
  const id = `entry-${at}`;
  const controls = new Map();
  const made = (control) => {
    const own = makeControl(control, `${id}-${control.name}`, {
      set: (value, path, gesture) => set(at, control.name, value, path, gesture),
      unset: () => change({ op: "unset", entry: at, key: control.name }),
      gesture: newGesture,
      names: () => ["input", ...store.session.entries.slice(0, at).map((one) => one.name).filter(Boolean)],
    });
    controls.set(control.name, own);
    return own.element;
  };
  const size = h("span", { class: "size" });
  const name = h("span", { class: "given" });
  const faults = h("div", { class: "faults", role: "alert" });
  const warnings = h("div", { class: "warnings" });
  const body = h("div", { class: "body", id: `${id}-body` });
  const title = h("button", {
    class: "title", id: `${id}-title`, "aria-expanded": "false", "aria-controls": `${id}-body`, onclick: () => unfold(at),
  }, h("b", {}, entry.family ?? "?"), h("span", {}, entry.label ?? ""), name);
  const act = (label, text, body_) => h("button", { class: "act", title: label, "aria-label": label, onclick: () => change(body_) }, text);
  const toggle = h("input", {
    type: "checkbox", role: "switch", class: "switch", checked: entry.on, title: entry.on ? "Switch it off" : "Switch it on",
    "aria-label": `${entry.title} on`, onchange: () => change({ op: "switch", entry: at }),
  });
  const last = store.session.entries.length - 1;
  const actions = h("div", { class: "actions" },
    at > 0 ? act("Move up", "↑", { op: "move", entry: at, to: at - 1 }) : null,
    at < last ? act("Move down", "↓", { op: "move", entry: at, to: at + 1 }) : null,
    act("Remove", "✕", { op: "remove", entry: at }));
  if (entry.on) {
    if (entry.methods.length > 1 && entry.methods.includes(entry.label)) body.append(methodOf(entry, at, id));
    body.append(...entry.own.map(made));
    if (entry.common.length) {
      body.append(h("details", { class: "more", open: entry.common.some((one) => one.name in entry.values) },
        h("summary", {}, "Of every stage"), ...entry.common.map(made)));
    }
  } else body.append(h("p", { class: "summary" }, "Switched off: it stays in the file, as a comment."));
  if (entry.summary) body.prepend(h("p", { class: "summary", title: entry.formula ?? "" }, entry.summary));
  const element = h("li", { class: `card${entry.on ? "" : " off"}`, id, draggable: false },
    h("div", { class: "head" }, h("span", { class: "handle", draggable: true, title: "Drag to another place", "aria-hidden": "true" }, "⠿"), title, size, toggle),
    faults, h("div", { class: "fold" }, actions, body, warnings));
  dragged(element, at);
  const self = {
    element, kind,
    unfold(is) {
      element.classList.toggle("open", is);
      title.setAttribute("aria-expanded", String(is));
    },
    update(now, session) {
      const planned = now.sizes.at(-1);
      if (session.right || !now.on) {
        size.textContent = planned ? `${planned.rows} x ${planned.cols}${planned.channels > 1 ? ` x ${planned.channels}` : ""}` : "";
        size.title = planned ? `rows: ${planned.formulas[0]}\ncolumns: ${planned.formulas[1]}\nvalues ${number(planned.range[0])} to ${number(planned.range[1])}` : "";
        warnings.replaceChildren(...(planned?.warnings ?? []).map((text) => h("p", {}, text)));
      }
      name.textContent = now.name ?? "";
      const known = new Set(controls.keys());
      const loose = Object.entries(now.faults).filter(([key]) => !known.has(key)).flatMap(([, found]) => found);
      faults.replaceChildren(...loose.map((text) => h("p", {}, text)));
      element.classList.toggle("wrong", Object.keys(now.faults).length > 0);
      element.classList.toggle("shown", now.numbers.includes(store.shown));
      for (const [key, control] of controls) control.update(now.values[key], now.faults[key] ?? [], key in now.values);
      self.unfold(at === open);
    },
  };
  return self;
}

function methodOf(entry, at, id) {
  const pick = h("select", { id: `${id}-method`, onchange: (event) => set(at, entry.family, event.target.value) },
    ...entry.methods.map((name) => new Option(name, name, false, name === entry.label)));
  return h("div", { class: "control" }, h("label", { htmlFor: pick.id }, "method"), pick);
}

// A card is dragged by its handle onto another, whose place it takes.
function dragged(element, at) {
  element.querySelector(".handle").addEventListener("dragstart", (event) => {
    event.dataTransfer.setData("text/plain", String(at));
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setDragImage(element, 12, 12);
  });
  element.addEventListener("dragover", (event) => { event.preventDefault(); element.classList.add("over"); });
  element.addEventListener("dragleave", () => element.classList.remove("over"));
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    element.classList.remove("over");
    const from = Number(event.dataTransfer.getData("text/plain"));
    if (Number.isInteger(from) && from !== at) change({ op: "move", entry: from, to: at });
  });
}

document.addEventListener("shown", () => {
  cards.forEach((card, at) => card.element.classList.toggle("shown", store.session.entries[at].numbers.includes(store.shown)));
  drawGraph();
});

// All methods, and a search through them: what is chosen comes after the stage that is open.

import { get } from "./api.js";
import { byId, h } from "./dom.js";
import { change } from "./store.js";
import { place } from "./stages.js";

let methods = null;
let marked = 0;

const score = (method, words) => {
  const title = `${method.family} ${method.method ?? ""}`.toLowerCase();
  if (!words.every((word) => method.words.includes(word))) return -1;
  const seldom = method.family === "projection" ? 1 : 0; // of the pages of a stack, and an image has one
  return words.reduce((sum, word) => sum + (title.split(" ").includes(word) ? 4 : title.includes(word) ? 2 : 0), 1 - seldom);
};

function matches(text) {
  const words = text.toLowerCase().split(/[\s:]+/).filter(Boolean);
  return methods.map((method) => [score(method, words), method]).filter(([found]) => found >= 0)
    .sort(([one], [other]) => other - one).map(([, method]) => method);
}

function choose(method) {
  byId("catalogue").close();
  change({ op: "insert", at: place(), family: method.family, method: method.method });
}

function list() {
  const found = matches(byId("search").value);
  marked = Math.min(marked, Math.max(0, found.length - 1));
  byId("found").replaceChildren(...found.map((method, at) => h("li", {
    role: "option", "aria-selected": String(at === marked), onclick: () => choose(method),
    onpointermove: () => { if (marked !== at) { marked = at; mark(); } },
  }, h("b", {}, `${method.family}: ${method.method ?? "your own"}`), h("span", {}, method.summary))));
  if (!found.length) byId("found").replaceChildren(h("li", { class: "none" }, "No method has these words."));
}

function mark() {
  [...byId("found").children].forEach((item, at) => item.setAttribute("aria-selected", String(at === marked)));
  byId("found").children[marked]?.scrollIntoView({ block: "nearest" });
}

export async function openCatalogue() {
  methods ??= await get("catalogue");
  byId("search").value = "";
  marked = 0;
  list();
  byId("catalogue").showModal();
  byId("search").focus();
}

byId("search").oninput = () => { marked = 0; list(); };
byId("search").onkeydown = (event) => {
  const count = byId("found").children.length;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    marked = (marked + (event.key === "ArrowDown" ? 1 : count - 1)) % count;
    mark();
  } else if (event.key === "Escape") {
    byId("catalogue").close();
  } else if (event.key === "Enter") {
    event.preventDefault();
    byId("found").children[marked]?.click();
  }
};
byId("catalogue").onclick = (event) => { if (event.target === byId("catalogue")) byId("catalogue").close(); };

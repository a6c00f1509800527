// What the keyboard does.

import { byId } from "./dom.js";
import { store, change } from "./store.js";
import { openCatalogue } from "./catalogue.js";

const isText = (element) => element.matches("input:not([type=range]):not([type=checkbox]), select, textarea, [contenteditable]");

export function listen(view, save) {
  const plain = {
    "[": () => view.show(Math.max(-1, store.shown - 1)),
    "]": () => view.show(Math.min(store.session.stages - 1, store.shown + 1)),
    "+": () => view.zoomBy(2),
    "=": () => view.zoomBy(2),
    "-": () => view.zoomBy(0.5),
    0: () => view.fit(),
    1: () => view.one(),
    a: () => openCatalogue(),
    "?": () => byId("keys").showModal(),
    ",": () => turn(-1),
    ".": () => turn(1),
  };
  const turn = (by) => {
    const count = store.session.samples.length;
    if (count > 1) change({ op: "choose", sample: (store.session.current + by + count) % count });
  };
  addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const command = event.ctrlKey || event.metaKey;
    if (command && event.key.toLowerCase() === "s") {
      event.preventDefault();
      save();
    } else if (command && event.key.toLowerCase() === "z" && !isText(document.activeElement)) {
      event.preventDefault();
      change({ op: event.shiftKey ? "redo" : "undo" });
    } else if (command && event.key.toLowerCase() === "y") {
      event.preventDefault();
      change({ op: "redo" });
    } else if (!command && !event.altKey && !isText(document.activeElement)) {
      if (event.key === " " && !document.activeElement.matches("button, summary, input")) {
        event.preventDefault();
        view.hold(true);
      } else if (Object.hasOwn(plain, event.key) && store.session) {
        event.preventDefault();
        plain[event.key]();
      }
    }
  });
  addEventListener("keyup", (event) => { if (event.key === " ") view.hold(false); });
}

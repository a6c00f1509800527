// The images, small, each with the settings as they are.

import { ask, picture } from "./api.js";
import { byId, h } from "./dom.js";
import { store, change } from "./store.js";

const SIDE = 160;

export function showStrip() {
  const { session } = store;
  const strip = byId("strip");
  strip.hidden = session.samples.length < 2;
  if (strip.hidden) return;
  if (strip.children.length !== session.samples.length) {
    strip.replaceChildren(...session.samples.map((sample, at) => h("button", {
      role: "option", title: sample.path, onclick: () => change({ op: "choose", sample: at }),
    }, h("canvas", { width: 1, height: 1 }), h("span", {}, sample.name))));
  }
  [...strip.children].forEach((button, at) => {
    button.setAttribute("aria-selected", String(at === session.current));
  });
  next(0, session.version);
}

// One after the other, so that the picture itself never waits for more than one of them.
function next(at, version) {
  const { session } = store;
  if (at >= session.samples.length || version !== session.version) return;
  ask("strip", () => ({ stage: store.shown, sample: at, fit: SIDE }), picture, (made) => {
    const button = byId("strip").children[at];
    button?.classList.toggle("wrong", Boolean(made.error));
    if (button && made.error) button.title = made.error;
    if (button && made.rows) {
      const canvas = button.querySelector("canvas");
      [canvas.width, canvas.height] = [made.cols, made.rows];
      canvas.getContext("2d").putImageData(new ImageData(made.pixels, made.cols, made.rows), 0, 0);
    }
    setTimeout(() => next(at + 1, version), 0);
  });
}

// Values of pixels: of the one under the pointer, and, where they are large enough, written into all of them.

import { ask, post } from "./api.js";
import { byId, number } from "./dom.js";
import { store } from "./store.js";

const ROOM = 34; // pixels of the screen that a number needs

export class Numbers {
  constructor(view) {
    this.view = view;
    this.found = null;
    this.place = null;
  }

  get isClose() {
    const { main } = this.view.layers;
    return Boolean(main) && main.step[0] === 1 && main.step[1] === 1 && this.view.zoom !== null && this.view.zoom >= ROOM;
  }

  ask() {
    if (!this.isClose) { this.found = null; return; }
    ask("numbers", () => this.view.seen(store.shown ?? -1), (body) => post("values", body), (made) => {
      this.found = made.error ? null : { ...made, version: store.session.version, stage: store.shown };
      this.view.draw();
    });
  }

  draw(context, main) {
    const { found, view } = this;
    const isOld = !found || found.version !== store.session.version || found.stage !== (store.shown ?? -1);
    if (!this.isClose || isOld || !main) return;
    const [down, across] = view.scaleOf(found.stage);
    const [top, left] = view.originOf(found.stage);
    const dark = (level) => level > 140;
    context.textAlign = "center";
    context.textBaseline = "middle";
    found.values.forEach((row, i) => row.forEach((pixel, j) => {
      const lines = pixel.length > 4 ? pixel.slice(0, 1) : pixel;
      const size = Math.min((0.8 * down) / lines.length, (1.5 * across) / Math.max(...lines.map((v) => number(v).length)), 13 * devicePixelRatio);
      context.font = `${size}px system-ui, sans-serif`;
      context.fillStyle = dark(this.level(main, found.top + i, found.left + j)) ? "#000" : "#fff";
      lines.forEach((value, k) => context.fillText(
        number(value), left + (found.left + j + 0.5) * across,
        top + (found.top + i + 0.5) * down + (k - (lines.length - 1) / 2) * size * 1.15));
    }));
  }

  // How bright a pixel is drawn.
  level(main, row, col) {
    const [y, x] = [row - main.top, col - main.left];
    if (y < 0 || x < 0 || y >= main.rows || x >= main.cols) return 0;
    this.read = this.read?.of === main ? this.read : { of: main, data: main.drawn.getContext("2d").getImageData(0, 0, main.cols, main.rows).data };
    const at = 4 * (y * main.cols + x);
    const [r, g, b, a] = this.read.data.subarray(at, at + 4);
    return a < 128 ? 200 : 0.3 * r + 0.59 * g + 0.11 * b;
  }

  point(x, y) {
    if (!store.session || store.shown === null) return;
    const [rows, cols] = this.view.extent(store.shown);
    const [row, col] = this.view.at(x, y).map(Math.floor);
    const inside = row >= 0 && col >= 0 && row < rows && col < cols;
    this.place = inside ? [row, col] : null;
    if (!inside) { byId("pixel").textContent = ""; return; }
    ask("pixel", () => this.place && { stage: store.shown, top: this.place[0], left: this.place[1], rows: 1, cols: 1 },
      (body) => post("values", body), (made) => {
        if (made.error || !this.place) return;
        const values = made.values[0][0].map(number);
        byId("pixel").textContent = `row ${made.top}, column ${made.left}: ${values.join(", ")}`;
      });
  }

  leave() {
    this.place = null;
    byId("pixel").textContent = "";
  }
}

// The picture: which part of which stage is seen, at which scale; asked for when it changes, drawn at once.
//
// Where one looks is kept in shares of the image, so that stages of other sizes show the same place.

import { ask, picture } from "./api.js";
import { byId, number, rested } from "./dom.js";
import { store, take, nextChange, hasChange, onChange } from "./store.js";
import { Numbers } from "./numbers.js";
import { listenTo } from "./pointer.js";

const MOST_RESIZED = 4e6; // pixels: of more, groups are means, which takes less time than means to a size
const LARGEST = 64; // pixels of the screen for one of the image

export class Viewport {
  constructor(onSeen, onRest) {
    this.canvas = byId("canvas");
    this.context = this.canvas.getContext("2d");
    this.box = byId("stage");
    this.middle = [0.5, 0.5]; // of the image, down and across
    this.zoom = null; // pixels of the screen for one of the image, or null: all of it
    this.layers = { main: null, against: null };
    this.held = false;
    this.onSeen = onSeen;
    // What may wait, waits until no picture is asked for: the server does one thing after the other.
    this.rest = rested(250, () => this.idle(onRest));
    this.settled = rested(140, () => this.idle(() => this.ask_facts()));
    this.timed = rested(900, () => this.idle(() => this.ask_time()));
    this.numbers = new Numbers(this);
    this.split = byId("split");
    this.split.oninput = () => this.draw();
    byId("stretch").onchange = () => this.refresh();
    byId("in").onclick = () => this.zoomBy(2);
    byId("out").onclick = () => this.zoomBy(0.5);
    byId("one").onclick = () => this.one();
    byId("fit").onclick = () => this.fit();
    listenTo(this);
    onChange(() => this.ask_main());
    new ResizeObserver(() => this.resized()).observe(this.box);
  }

  idle(act) {
    if ("busy" in document.body.dataset) setTimeout(() => this.idle(act), 200);
    else act();
  }

  // Rows and columns of a stage, -1 being the image.
  extent(stage) {
    const { session } = store;
    const found = stage < 0 ? session.image : store.plan?.stages.find((one) => one.number === stage);
    if (found) this.known = { ...this.known, [stage]: [found.rows, found.cols] };
    return this.known?.[stage] ?? [session.image.rows, session.image.cols];
  }

  onSession(session, before) {
    const another = !before || before.current !== session.current;
    if (another) { this.layers = { main: null, against: null }; this.known = {}; }
    const moved = another || before.version !== session.version;
    if (!this.asking && moved && session.right) this.ask_main();
    if (another || (moved && this.againstIsTuned())) this.ask_against();
    if (moved) { this.rest(); this.timed(); }
  }

  // Whether what the picture is compared with changes with the last change.
  againstIsTuned() {
    return store.against !== null && store.against >= 0 && (store.focus === null || store.against >= store.focus);
  }

  show(stage) {
    store.shown = stage;
    byId("shown").value = String(stage);
    document.dispatchEvent(new CustomEvent("shown"));
    this.refresh();
  }

  compare(stage) {
    store.against = stage;
    this.layers.against = null;
    if (stage === null) this.split.value = 0;
    else if (this.split.value === "0") this.split.value = 500;
    this.ask_against();
    this.draw();
  }

  hold(held) {
    this.held = held;
    this.draw();
  }

  resized() {
    const ratio = devicePixelRatio;
    const { width, height } = this.box.getBoundingClientRect();
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    if (store.session) this.refresh();
  }

  refresh() {
    this.draw();
    this.ask_main();
    this.ask_against();
  }

  // Pixels of the canvas for one of a stage; `wide` for the one that is shown.
  scaleOf(stage) {
    const [rows, cols] = this.extent(stage);
    const [shownRows, shownCols] = this.extent(store.shown ?? -1);
    const fit = Math.min(this.canvas.height / shownRows, this.canvas.width / shownCols);
    const own = this.zoom === null ? fit : this.zoom * devicePixelRatio;
    return [own * (shownRows / rows), own * (shownCols / cols)];
  }

  get fitting() {
    const [rows, cols] = this.extent(store.shown ?? -1);
    return Math.min(this.canvas.height / rows, this.canvas.width / cols) / devicePixelRatio;
  }

  // Where row 0, column 0 of a stage is on the canvas.
  originOf(stage) {
    const [rows, cols] = this.extent(stage);
    const [down, across] = this.scaleOf(stage);
    const middle = this.zoom === null ? [0.5, 0.5] : this.middle;
    return [this.canvas.height / 2 - middle[0] * rows * down, this.canvas.width / 2 - middle[1] * cols * across];
  }

  // The pixel of the stage that is shown, at a place of the window.
  at(x, y) {
    const box = this.canvas.getBoundingClientRect();
    const stage = store.shown ?? -1;
    const [top, left] = this.originOf(stage);
    const [down, across] = this.scaleOf(stage);
    return [((y - box.top) * devicePixelRatio - top) / down, ((x - box.left) * devicePixelRatio - left) / across];
  }

  zoomTo(zoom, x, y) {
    const box = this.canvas.getBoundingClientRect();
    const [px, py] = [x ?? box.left + box.width / 2, y ?? box.top + box.height / 2];
    const [row, col] = this.at(px, py);
    const next = Math.min(LARGEST, zoom);
    if (next <= this.fitting) return this.fit();
    const [rows, cols] = this.extent(store.shown ?? -1);
    this.zoom = next;
    this.middle = [
      (row - (py - box.top - box.height / 2) / next) / rows,
      (col - (px - box.left - box.width / 2) / next) / cols,
    ];
    this.bound();
    return this.refresh();
  }

  zoomBy(factor, x, y) { this.zoomTo((this.zoom ?? this.fitting) * factor, x, y); }

  one() { this.zoomTo(Math.max(1, this.fitting + 1e-9)); }

  fit() {
    this.zoom = null;
    this.middle = [0.5, 0.5];
    this.refresh();
  }

  pan(dx, dy) {
    if (this.zoom === null) return;
    const [rows, cols] = this.extent(store.shown ?? -1);
    this.middle = [this.middle[0] - dy / this.zoom / rows, this.middle[1] - dx / this.zoom / cols];
    this.bound();
    this.refresh();
  }

  bound() { this.middle = this.middle.map((share) => Math.min(1, Math.max(0, share))); }

  // What of a stage is seen: reduced by a whole factor where several of its pixels would be one.
  seen(stage) {
    const [rows, cols] = this.extent(stage);
    const [down, across] = this.scaleOf(stage);
    const [top, left] = this.originOf(stage);
    const reduced = Math.max(1, Math.floor(1 / Math.max(down, across)));
    if (this.zoom === null && Math.max(down, across) < 1 && rows * cols < MOST_RESIZED) {
      return { stage, size: [Math.max(1, Math.round(rows * down)), Math.max(1, Math.round(cols * across))] };
    }
    const part = (origin, scale, size, length) => {
      const first = Math.max(0, Math.floor(-origin / scale));
      const last = Math.min(size - 1, Math.ceil((length - origin) / scale));
      return [Math.floor(first / reduced), Math.max(1, Math.ceil((last + 1) / reduced) - Math.floor(first / reduced))];
    };
    const [firstRow, rowCount] = part(top, down, rows, this.canvas.height);
    const [firstCol, colCount] = part(left, across, cols, this.canvas.width);
    return { stage, reduced, top: firstRow, left: firstCol, rows: rowCount, cols: colCount };
  }

  // Asks for the picture, with the next change; until it is there, the page is `busy`.
  ask_main() {
    this.wanted = (this.wanted ?? 0) + 1;
    document.body.dataset.busy = "";
    ask("main", () => {
      this.served = this.wanted;
      if (!store.session || this.canvas.width < 2) return null;
      this.asking = true;
      const asked = { ...this.seen(store.shown ?? -1), focus: store.focus, stretch: byId("stretch").checked, estimates: true };
      if (hasChange()) asked.change = nextChange();
      this.lastAsked = asked;
      return asked;
    }, picture, (made, sent) => {
      const tell = made.state ? take(made.state) : () => {};
      this.take("main", made);
      tell();
      this.asking = false;
      if (hasChange()) this.ask_main();
      else if (this.served === this.wanted) {
        if (made.estimated) this.ask_exact(sent);
        else delete document.body.dataset.busy;
      }
    });
  }

  // Asks for the same picture without estimates; whatever is asked for meanwhile goes before it.
  ask_exact(sent) {
    const wanted = this.wanted;
    const isLast = () => this.wanted === wanted;
    ask("exact", () => (isLast() ? { ...sent, change: undefined, estimates: false } : null), picture, (made) => {
      if (!isLast()) return;
      this.take("main", made);
      delete document.body.dataset.busy;
    });
  }

  ask_against() {
    if (store.against === null || !store.session) return;
    ask("against", () => (store.against === null ? null : { ...this.seen(store.against), stretch: byId("stretch").checked }), picture,
      (made) => this.take("against", made));
  }

  take(name, made) {
    if (made.error || !made.rows) return;
    const drawn = new OffscreenCanvas(made.cols, made.rows);
    drawn.getContext("2d").putImageData(new ImageData(made.pixels, made.cols, made.rows), 0, 0);
    const stage = name === "main" ? this.lastAsked.stage : store.against;
    this.layers[name] = { ...made, pixels: null, drawn, stage };
    this.draw();
    if (name === "main") {
      byId("estimated").hidden = !made.estimated;
      document.body.dataset.seen = store.session.version;
      this.settled();
      document.dispatchEvent(new CustomEvent("picture", { detail: this.layers.main }));
    }
  }

  draw() {
    const { context, canvas } = this;
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (!store.session) return;
    const { main, against } = this.layers;
    const share = this.held ? 1 : Number(this.split.value) / 1000;
    const [top, left] = this.originOf(store.shown ?? -1);
    const wide = this.extent(store.shown ?? -1)[1] * this.scaleOf(store.shown ?? -1)[1];
    const from = Math.max(0, left);
    const cut = store.against === null ? from : from + share * (Math.min(canvas.width, left + wide) - from);
    this.layer(main, cut, canvas.width);
    if (store.against !== null && share > 0) this.layer(against, 0, cut);
    this.numbers.draw(context, main, top);
    this.mark(cut / devicePixelRatio, share);
  }

  layer(layer, from, to) {
    if (!layer || to <= from) return;
    const { context, canvas } = this;
    const [down, across] = this.scaleOf(layer.stage);
    const [top, left] = this.originOf(layer.stage);
    const [high, wide] = [layer.step[0] * down, layer.step[1] * across];
    context.save();
    context.beginPath();
    context.rect(from, 0, to - from, canvas.height);
    context.clip();
    context.imageSmoothingEnabled = high < 1.5;
    context.imageSmoothingQuality = "high";
    const box = [left + layer.left * wide, top + layer.top * high, layer.cols * wide, layer.rows * high];
    if (layer.sees_through) {
      context.fillStyle = this.board();
      context.fillRect(...box);
    }
    context.drawImage(layer.drawn, ...box);
    context.restore();
  }

  // What shows through pixels that are transparent or missing.
  board() {
    const tile = new OffscreenCanvas(20, 20);
    const context = tile.getContext("2d");
    const colours = getComputedStyle(this.box);
    context.fillStyle = colours.getPropertyValue("--board");
    context.fillRect(0, 0, 20, 20);
    context.fillStyle = colours.getPropertyValue("--board-2");
    context.fillRect(0, 0, 10, 10);
    context.fillRect(10, 10, 10, 10);
    return this.context.createPattern(tile, "repeat");
  }

  mark(x, share) {
    const open = store.against !== null && share > 0 && share < 1;
    const line = byId("line");
    line.hidden = store.against === null || this.held;
    line.style.left = `${x}px`;
    byId("left").hidden = !open;
    const names = (stage) => (stage < 0 ? "image" : store.plan?.stages.find((one) => one.number === stage)?.name ?? "");
    byId("left").textContent = store.against === null ? "" : names(store.against);
    byId("right").textContent = names(store.shown ?? -1);
    const scale = (this.zoom ?? this.fitting);
    byId("scale").textContent = `${this.zoom === null ? "fit, " : ""}${number(Number((100 * scale).toPrecision(3)))} %`;
  }

  ask_facts() {
    const { main } = this.layers;
    if (!main) return;
    const [rows, cols] = main.step.map((step) => number(Number(step.toPrecision(3))));
    const means = rows !== "1" || cols !== "1" ? `means of ${rows} x ${cols} pixels` : "";
    byId("notes").textContent = [main.notes.join("; "), means].filter(Boolean).join(" - ");
    this.onSeen(this.lastAsked);
    this.numbers.ask();
  }

  ask_time() {
    if (!store.session?.right) return;
    ask("time", () => ({}), async (body) => (await import("./api.js")).post("time", body), (made) => {
      if (made.error) return;
      const { rows, cols } = store.session.image;
      byId("time").textContent = `all ${rows} x ${cols} pixels in ${number(Number((1000 * made.seconds).toPrecision(3)))} ms`;
    });
  }
}

// Mouse, touch and pen on the picture: wheel and two fingers zoom, a drag pans, the line parts before and after.

import { byId } from "./dom.js";
import { store } from "./store.js";

export function listenTo(view) {
  const { canvas, box } = view;
  const down = new Map();
  let spread = 0;

  const distance = () => {
    const [one, other] = [...down.values()];
    return Math.hypot(one.x - other.x, one.y - other.y);
  };

  box.addEventListener("wheel", (event) => {
    event.preventDefault();
    view.zoomBy(2 ** (-event.deltaY / (event.deltaMode ? 6 : 240)), event.clientX, event.clientY);
  }, { passive: false });

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (down.size === 2) spread = distance();
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return view.numbers.point(event.clientX, event.clientY);
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (down.size === 1) return view.pan(dx, dy);
    const now = distance();
    const [one, other] = [...down.values()];
    view.zoomBy(now / spread, (one.x + other.x) / 2, (one.y + other.y) / 2);
    spread = now;
    return undefined;
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => down.delete(event.pointerId));
  }
  canvas.addEventListener("pointerleave", () => view.numbers.leave());
  canvas.addEventListener("dblclick", (event) => view.zoomBy(4, event.clientX, event.clientY));
  canvas.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    if (!steps[event.key]) return;
    event.preventDefault();
    view.pan(...steps[event.key]);
  });

  const line = byId("line");
  line.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    line.setPointerCapture(event.pointerId);
  });
  line.addEventListener("pointermove", (event) => {
    if (!line.hasPointerCapture(event.pointerId) || store.against === null) return;
    const frame = canvas.getBoundingClientRect();
    const stage = store.shown ?? -1;
    const left = view.originOf(stage)[1] / devicePixelRatio;
    const wide = (view.extent(stage)[1] * view.scaleOf(stage)[1]) / devicePixelRatio;
    const from = Math.max(0, left);
    const to = Math.min(frame.width, left + wide);
    const share = (event.clientX - frame.left - from) / Math.max(1, to - from);
    view.split.value = String(Math.round(1000 * Math.min(1, Math.max(0, share))));
    view.draw();
  });
}

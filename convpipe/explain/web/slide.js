/* A window that slides over its padded input, step by step. */

const [rowTrack, colTrack] = data.tracks;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const DELAY = 900;
let at = 0, timer = null;

const input = grid(data.input, data.values, {
  rows: counted(rowTrack.first, rowTrack.places), cols: counted(colTrack.first, colTrack.places),
  dress: (cell, i, j) => {
    cell.classList.add(data.outside[i][j] ? "outside" : "inside");
    cell.classList.toggle("unread", !data.read[i][j]);
  },
});
const output = grid("output", data.outputs.map(line => line.map(() => "")), {
  rows: counted(rowTrack.output, rowTrack.outputs), cols: counted(colTrack.output, colTrack.outputs),
  dress: cell => cell.setAttribute("aria-label", "not made yet"),
});
const kernels = data.kernels.map(kernel => grid(kernel.title, kernel.taps, {
  dress: cell => cell.classList.add("lit"),
}));
const products = data.kernels.map(kernel => grid(kernel.products, kernel.taps.map(line => line.map(() => "0"))));

const frame = make("div", { class: "frame", "aria-hidden": "true" });
input.stage.append(frame);

function place(step) {
  const first = input.cells[0][0], side = first.offsetWidth;
  const row = step.corner[0] - rowTrack.first, col = step.corner[1] - colTrack.first;
  const reach = track => track.dilation * (track.kernel - 1) + 1;
  frame.style.left = `${first.offsetLeft + col * side}px`;
  frame.style.top = `${first.offsetTop + row * first.offsetHeight}px`;
  frame.style.width = `${reach(colTrack) * side + 3}px`;
  frame.style.height = `${reach(rowTrack) * first.offsetHeight + 3}px`;
  frame.classList.toggle("misfit", !step.at);
}

function light(step) {
  for (const cell of input.table.querySelectorAll(".lit")) cell.classList.remove("lit");
  if (!step.at) return;
  for (let i = 0; i < rowTrack.kernel; i++) {
    for (let j = 0; j < colTrack.kernel; j++) {
      const row = step.corner[0] - rowTrack.first + i * rowTrack.dilation;
      const col = step.corner[1] - colTrack.first + j * colTrack.dilation;
      input.cells[row][col].classList.add("lit");
    }
  }
}

function fill(shown) {
  const made = new Set(data.steps.slice(0, shown + 1).filter(step => step.at).map(step => step.at.join()));
  output.cells.forEach((line, i) => line.forEach((cell, j) => {
    const here = `${rowTrack.output + i},${colTrack.output + j}`, done = made.has(here);
    cell.firstChild.textContent = done ? typeset(data.outputs[i][j]) : "";
    cell.className = !done ? "" : data.steps[shown].at?.join() === here ? "now" : "made";
    if (done) cell.removeAttribute("aria-label");
    else cell.setAttribute("aria-label", "not made yet");
  }));
}

function multiply(step) {
  products.forEach((one, k) => one.cells.forEach((line, i) => line.forEach((cell, j) => {
    const text = step.products.length ? step.products[k][i][j] : "";
    cell.firstChild.textContent = typeset(text);
  })));
}

const said = document.getElementById("said"), scrubber = document.getElementById("scrubber");
const count = document.getElementById("count"), play = document.getElementById("play");

function show(shown) {
  at = Math.max(0, Math.min(data.steps.length - 1, shown));
  const step = data.steps[at];
  place(step);
  light(step);
  fill(at);
  multiply(step);
  said.replaceChildren(...step.lines.map(line => make("p", {}, typeset(line))));
  said.classList.toggle("misfit", !step.at);
  scrubber.value = at;
  scrubber.setAttribute("aria-valuetext", `step ${at + 1} of ${data.steps.length}`);
  count.textContent = `step ${at + 1} of ${data.steps.length}`;
  if (at === data.steps.length - 1) stop();
}

function stop() {
  clearInterval(timer);
  timer = null;
  play.textContent = "Play";
}

function start() {
  if (at === data.steps.length - 1) show(0);
  clearInterval(timer);
  timer = setInterval(() => show(at + 1), DELAY / Number(document.getElementById("speed").value));
  play.textContent = "Pause";
}

function jump(shown) {
  stop();
  show(shown);
}

const KEYS = {
  ArrowRight: () => jump(at + 1), ArrowLeft: () => jump(at - 1),
  Home: () => jump(0), End: () => jump(data.steps.length - 1),
  " ": () => timer ? stop() : start(),
};

document.addEventListener("keydown", event => {
  const own = event.target.closest("button, select, input, a");
  if (event.ctrlKey || event.metaKey || event.altKey || !KEYS[event.key]) return;
  if (own && (event.key === " " || own.tagName === "SELECT" || own.tagName === "INPUT")) return;
  event.preventDefault();
  KEYS[event.key]();
});

document.getElementById("first").addEventListener("click", () => jump(0));
document.getElementById("back").addEventListener("click", () => jump(at - 1));
document.getElementById("next").addEventListener("click", () => jump(at + 1));
document.getElementById("last").addEventListener("click", () => jump(data.steps.length - 1));
document.getElementById("speed").addEventListener("change", () => timer && start());
play.addEventListener("click", KEYS[" "]);
scrubber.addEventListener("input", () => jump(Number(scrubber.value)));
scrubber.max = data.steps.length - 1;

const middle = make("div", { class: "kernels" },
  ...kernels.map((kernel, k) => make("div", {}, kernel.figure, products[k].figure)));
document.getElementById("grids").append(input.figure, middle, output.figure);

function lay() {
  const across = document.getElementById("grids").clientWidth;
  output.cells.forEach((line, i) => line.forEach((cell, j) => cell.firstChild.textContent = typeset(data.outputs[i][j])));
  products.forEach((one, k) => one.cells.forEach((line, i) => line.forEach(
    (cell, j) => cell.firstChild.textContent = data.kernels[k].widest)));
  [input, output, ...kernels, ...products].forEach(one => fit(one, across));
  const hanging = Math.max(0, ...data.steps.map(step => Math.max(
    step.corner[1] - colTrack.first + colTrack.dilation * (colTrack.kernel - 1) + 1 - colTrack.places, 0)));
  const below = Math.max(0, ...data.steps.map(step => Math.max(
    step.corner[0] - rowTrack.first + rowTrack.dilation * (rowTrack.kernel - 1) + 1 - rowTrack.places, 0)));
  const side = input.cells[0][0].offsetWidth;
  input.stage.style.padding = `0 ${hanging * side + (hanging ? 3 : 0)}px ${below * side + (below ? 3 : 0)}px 0`;
  show(at);
}

addEventListener("resize", lay);
lay();
if (!still.matches) start();

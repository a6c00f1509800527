// Requests to the server that the page came from. Of each lane one is on its way; what is asked for meanwhile
// waits, and of that the newest alone is sent.

import { byId, toast } from "./dom.js";

// Of this page: the server drops what is older than the newest of a lane.
const own = Math.random().toString(36).slice(2);
let count = 0;
const lanes = new Map();

async function send(path, body) {
  const given = body === undefined ? {} : {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  };
  const reply = await fetch(`api/${path}`, given);
  if (!reply.ok) {
    const text = await reply.text();
    let message = text;
    try { message = JSON.parse(text).error; } catch { /* it is no JSON */ }
    throw Object.assign(new Error(message), { kind: "refused" });
  }
  return reply;
}

async function told(reply) {
  const made = await reply.json();
  if (made.error) throw Object.assign(new Error(made.error), { kind: made.kind });
  return made;
}

export const get = async (path) => told(await send(path));
export const post = async (path, body) => told(await send(path, body));

function unpacked(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const about = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  about.pixels = about.rows ? filled(new Uint8ClampedArray(buffer, 4 + length), about.channels) : null;
  return about;
}

// Pixels as a canvas has them: red, green, blue, and how much of them is there.
function filled(given, channels) {
  if (channels === 4) return given;
  const count = given.length / channels;
  const made = new Uint32Array(count);
  if (channels === 1) {
    for (let at = 0; at < count; at++) made[at] = 0xff000000 | (given[at] * 0x010101);
  } else {
    for (let at = 0, from = 0; at < count; at++, from += 3) {
      made[at] = 0xff000000 | (given[from + 2] << 16) | (given[from + 1] << 8) | given[from];
    }
  }
  return new Uint8ClampedArray(made.buffer);
}

export async function picture(body) {
  return unpacked(await (await send("picture", body)).arrayBuffer());
}

// Runs `make()` - which returns a body, or null - in a lane, and hands the reply to `use`, with what was sent.
// A body that has the lane and count of another request is dropped by the server as soon as that would be.
export function ask(lane, make, how, use) {
  const queue = lanes.get(lane) ?? { busy: false, next: null };
  lanes.set(lane, queue);
  queue.next = { make, how, use };
  if (!queue.busy) run(lane, queue);
}

async function run(lane, queue) {
  queue.busy = true;
  while (queue.next) {
    const { make, how, use } = queue.next;
    queue.next = null;
    const body = make();
    if (!body) continue;
    const unsign = signed(lane);
    try {
      const sent = { lane: `${own} ${lane}`, count: ++count, ...body };
      use(await how(sent), sent);
    } catch (error) {
      if (error.kind === undefined) lost(error);
      else if (error.kind !== "stale") use({ error: error.message });
    } finally {
      unsign();
    }
  }
  queue.busy = false;
}

// What takes longer than a moment is signed, with what is going on.
function signed(lane) {
  if (lane !== "main") return () => {};
  const sign = byId("sign");
  let open = true;
  const look = async () => {
    if (!open) return;
    try {
      const { doing } = await get("activity");
      if (!open) return;
      sign.textContent = doing === "compiling" ? "Compiling new loops ..." : "Working ...";
      sign.hidden = false;
    } catch { /* the request itself says what is wrong */ }
    setTimeout(look, 200);
  };
  setTimeout(look, 150);
  return () => { open = false; sign.hidden = true; };
}

let isLost = false;
function lost(error) {
  if (!(error instanceof TypeError && /fetch/i.test(error.message))) throw error; // a fault of the page
  if (isLost) return;
  isLost = true;
  document.body.classList.add("lost");
  toast("The server has ended. Start `convpipe tune` again.");
  setTimeout(() => { isLost = false; }, 3000);
}

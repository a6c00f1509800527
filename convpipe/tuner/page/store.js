// What the page knows: the session as the server has it, and what is looked at.

import { picture, post } from "./api.js";
import { toast } from "./dom.js";

export const store = {
  session: null,
  plan: null, // of the last config that was right
  shown: null, // the number of the stage that is shown; -1 is the image
  against: -1,
  focus: null, // that of the stage that is tuned
};

const listeners = new Set();
export const onSession = (listener) => listeners.add(listener);

// Takes a session as it is now. What shows it may wait until a picture is drawn: it is told by what comes back.
export function take(session) {
  const before = store.session;
  store.session = session;
  store.plan = session.plan ?? store.plan;
  const last = session.stages - 1;
  if (session.right) {
    if (store.shown === null || store.shown > last || (before?.right && store.shown === before.stages - 1)) {
      store.shown = last;
    }
    if (store.against > last) store.against = -1;
    if (store.focus !== null && store.focus > last) store.focus = null;
  }
  return () => { for (const listener of listeners) listener(session, before); };
}

const waiting = [];
let gesture = 0;
let asking = () => {};
export const onChange = (ask) => { asking = ask; };

export const newGesture = () => ++gesture;

// A change of a value goes with the next picture, so that there is one way to the server and back.
export function set(entry, key, value, path = [], own = newGesture()) {
  const change = { op: "set", entry, key, value, path, gesture: own };
  const same = waiting.findIndex((one) => one.entry === entry && one.key === key && `${one.path}` === `${path}`);
  if (same >= 0) waiting[same] = change;
  else waiting.push(change);
  const numbers = store.session.entries[entry]?.numbers ?? [];
  store.focus = numbers.length ? numbers[0] : null;
  asking();
}

export const nextChange = () => waiting.shift();
export const hasChange = () => waiting.length > 0;

let turn = Promise.resolve();
export function change(body) {
  document.body.dataset.busy = "";
  turn = turn.then(async () => {
    try {
      while (hasChange()) take(await post("change", nextChange()))();
      store.focus = null;
      take(await post("change", body))();
    } catch (error) {
      if (error.kind === "changed") document.getElementById("conflict").showModal();
      else toast(error.message);
    }
    asking();
  });
  return turn;
}

export { picture };

// Puts the parts of the page together.

import { get } from "./api.js";
import { byId, toast } from "./dom.js";
import { store, take, change, onSession } from "./store.js";
import { showStages, showOptions } from "./stages.js";
import { openCatalogue } from "./catalogue.js";
import { Viewport } from "./viewport.js";
import { showHistogram } from "./histogram.js";
import { showStrip } from "./strip.js";
import { listen } from "./keys.js";

const view = new Viewport((seen) => showHistogram(seen), () => showStrip());

function showHead(session) {
  document.title = `${session.changed ? "* " : ""}${session.name} - convpipe tune`;
  byId("name").textContent = session.name;
  byId("path").textContent = session.path;
  byId("saved").textContent = session.changed ? "not saved" : "";
  document.body.dataset.version = session.version;
  byId("undo").disabled = !session.undo;
  byId("redo").disabled = !session.redo;
  byId("save").disabled = !session.changed;
  byId("faults").replaceChildren(...session.faults.map((fault) => {
    const line = document.createElement("p");
    line.textContent = fault.message;
    return line;
  }));
}

function showPicks(session) {
  if (!session.right) return;
  const names = [[-1, `image, ${session.image.rows} x ${session.image.cols}`]];
  for (const stage of session.plan.stages) {
    if (stage.number !== null) names.push([stage.number, `${stage.number}: ${stage.name}, ${stage.rows} x ${stage.cols}`]);
  }
  const said = JSON.stringify(names);
  if (said === showPicks.said && byId("shown").value === String(store.shown)) return;
  showPicks.said = said;
  for (const [id, chosen, none] of [["shown", store.shown, false], ["against", store.against, true]]) {
    const options = none ? [["", "nothing"], ...names] : names;
    byId(id).replaceChildren(...options.map(([value, text]) => new Option(text, value)));
    byId(id).value = chosen === null ? "" : String(chosen);
  }
}

onSession(showHead);
onSession(showStages);
onSession(showOptions);
onSession(showPicks);
onSession((session, before) => view.onSession(session, before));

byId("undo").onclick = () => change({ op: "undo" });
byId("redo").onclick = () => change({ op: "redo" });
byId("add").onclick = () => openCatalogue();
byId("help").onclick = () => byId("keys").showModal();
byId("shown").onchange = (event) => view.show(Number(event.target.value));
byId("against").onchange = (event) => view.compare(event.target.value === "" ? null : Number(event.target.value));

async function save(force = false) {
  const before = store.session?.changed;
  await change({ op: "save", force });
  if (before && !store.session.changed) toast("Saved.");
}
byId("save").onclick = () => save();
byId("cancel").onclick = () => byId("conflict").close();
byId("overwrite").onclick = () => { byId("conflict").close(); save(true); };
byId("reload").onclick = () => { byId("conflict").close(); change({ op: "reload" }); };

byId("python").onclick = async () => {
  try {
    const { text } = await get("python");
    await navigator.clipboard.writeText(text);
    toast("Copied as Python.");
  } catch (error) {
    toast(error.message);
  }
};

addEventListener("beforeunload", (event) => {
  if (store.session?.changed && !document.body.classList.contains("lost")) event.preventDefault();
});

listen(view, save);

try {
  take(await get("state"))();
} catch (error) {
  toast(error.message);
}

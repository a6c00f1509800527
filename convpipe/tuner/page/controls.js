// A control for a parameter, made from its declaration. Every one has `element`, and `update(value, faults, given)`.

import { h, number } from "./dom.js";
import { makeGrid } from "./grid.js";

const STEPS = 1000;

// Between a slider's place, from 0 to 1000, and a value: by equal steps, or by equal factors.
export function scaleOf(control) {
  const { low, high, log, whole } = control;
  const tidy = (value) => (whole ? Math.round(value) : Number(value.toPrecision(3)));
  if (log) {
    const ratio = Math.log(high / low);
    return {
      value: (place) => tidy(place <= 0 && control.least === 0 ? 0 : low * Math.exp((ratio * place) / STEPS)),
      place: (value) => (value <= low ? 0 : Math.min(STEPS, (STEPS * Math.log(value / low)) / ratio)),
    };
  }
  return {
    value: (place) => tidy(low + ((high - low) * place) / STEPS),
    place: (value) => Math.min(STEPS, Math.max(0, (STEPS * (value - low)) / (high - low))),
  };
}

const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value) ?? "");

// What a person types: JSON where it is some, else text.
function read(text) {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  try { return JSON.parse(trimmed); } catch { return trimmed; }
}

// What it is where nothing is said.
const unsaid = (control) => /default: ([^;]+)$/.exec(control.doc)?.[1] ?? control.default ?? "none";

const makers = {
  flag(control, id, act) {
    const box = h("input", { type: "checkbox", role: "switch", class: "switch", id, onchange: () => act.set(box.checked) });
    return { parts: [box], show: (value) => { box.checked = value ?? control.default === "true"; } };
  },

  choice(control, id, act) {
    const none = control.required || control.choices.includes(control.default) ? [] : [new Option(unsaid(control), "")];
    const pick = h("select", { id, onchange: () => (pick.value === "" ? act.unset() : act.set(pick.value)) },
      ...none, ...control.choices.map((word) => new Option(word, word)));
    return {
      parts: [pick],
      show(value) {
        const shown = value ?? (none.length ? "" : control.default);
        if (shown && ![...pick.options].some((option) => option.value === shown)) pick.add(new Option(shown, shown));
        pick.value = shown ?? "";
      },
    };
  },

  number(control, id, act) {
    const { parts, show } = slid(control, id, act, (value) => act.set(value), (value, gesture) => act.set(value, [], gesture));
    if (!control.words?.length) return { parts, show };
    const pick = h("select", { "aria-label": `${control.name}, by a word`, onchange: () => { if (pick.value) act.set(pick.value); } },
      new Option("a number", ""), ...control.words.map((word) => new Option(word, word)));
    return {
      parts: [...parts, pick],
      show(value) {
        const isWord = typeof value === "string" && control.words.includes(value);
        pick.value = isWord ? value : "";
        show(isWord ? null : value);
      },
    };
  },

  pair(control, id, act) {
    const one = slid(control, id, act, (value) => act.set(value), (value, gesture) => act.set(value, [], gesture));
    const two = ["rows", "columns"].map((axis, at) => h("input", {
      type: "text", inputMode: "decimal", class: "number", "aria-label": `${control.name}, ${axis}`,
      onchange: (event) => {
        const value = read(event.target.value);
        if (typeof value === "number") act.set(value, [at]);
      },
    }));
    let both = null;
    const part = h("button", {
      class: "act", title: "Rows and columns apart", "aria-label": `${control.name}: rows and columns apart`,
      onclick: () => act.set(Array.isArray(both) ? both[0] : [both ?? control.low, both ?? control.low]),
    }, "⇅");
    return {
      parts: [...one.parts, ...two, part],
      show(value) {
        both = Array.isArray(value) && value.length === 2 ? value : value ?? Number(control.default);
        const apart = Array.isArray(both);
        part.classList.toggle("on", apart);
        one.parts.forEach((each) => { each.hidden = apart; });
        two.forEach((each, at) => {
          each.hidden = !apart;
          if (apart && each !== document.activeElement) each.value = number(both[at]);
        });
        if (!apart) one.show(value);
      },
    };
  },

  range(control, id, act) {
    const ends = ["first", "last"].map((end, at) => h("input", {
      type: "text", inputMode: "decimal", class: "number", id: at ? `${id}-last` : id, "aria-label": `${control.name}, ${end}`,
      onchange: () => {
        const values = ends.map((each) => read(each.value));
        if (values.every((value) => typeof value === "number")) act.set(values);
      },
    }));
    return {
      parts: ends,
      show(value) {
        ends.forEach((each, at) => { if (each !== document.activeElement) each.value = Array.isArray(value) ? number(value[at]) : ""; });
      },
    };
  },

  matrix: (control, id, act) => makeGrid(control, id, act, false),

  footprint(control, id, act) {
    const grid = makeGrid(control, `${id}-grid`, act, true);
    const rows = [[0, 1, 0], [1, 1, 1], [0, 1, 0]];
    const pick = h("select", { id, onchange: () => act.set(pick.value === "rows" ? rows : pick.value) },
      ...control.choices.map((word) => new Option(word, word)), new Option("drawn", "rows"));
    return {
      parts: [pick, ...grid.parts],
      show(value) {
        const isDrawn = Array.isArray(value);
        pick.value = isDrawn ? "rows" : value ?? control.default ?? "square";
        grid.parts.forEach((part) => { part.hidden = !isDrawn; });
        if (isDrawn) grid.show(value);
      },
    };
  },

  reference(control, id, act) {
    const pick = h("select", { id, onchange: () => (pick.value === "" ? act.unset() : act.set(pick.value)) });
    return {
      parts: [pick],
      show(value) {
        const names = [...new Set([...act.names(), ...(value ? [value] : [])])];
        pick.replaceChildren(new Option(control.required ? "" : "the stage before", ""), ...names.map((word) => new Option(word, word)));
        pick.value = value ?? "";
      },
    };
  },

  text: (control, id, act) => typed(control, id, act, (text) => text.trim() || null),

  value: (control, id, act) => typed(control, id, act, read),
};

function typed(control, id, act, reading) {
  const field = h("input", {
    type: "text", id, spellcheck: false, autocomplete: "off", placeholder: control.default ?? "",
    onchange: () => {
      const value = reading(field.value);
      if (value === null) act.unset();
      else act.set(value);
    },
  });
  return { parts: [field], show: (value) => { if (field !== document.activeElement) field.value = value === undefined ? "" : plain(value); } };
}

function slid(control, id, act, set, move) {
  const scale = scaleOf(control);
  let gesture = 0;
  const slider = h("input", {
    type: "range", min: 0, max: STEPS, step: control.whole && !control.log ? STEPS / Math.max(1, control.high - control.low) : 1, id: `${id}-slider`,
    "aria-label": control.name,
    onpointerdown: () => { gesture = act.gesture?.() ?? 0; },
    onkeydown: () => { gesture ||= act.gesture?.() ?? 0; },
    onchange: () => { gesture = 0; },
    oninput: () => {
      const value = scale.value(Number(slider.value));
      field.value = number(value);
      slider.setAttribute("aria-valuetext", field.value);
      move(value, gesture || undefined);
    },
  });
  slider.declared = control;
  const field = h("input", {
    type: "text", inputMode: "decimal", class: "number", id, autocomplete: "off",
    onchange: () => {
      const value = read(field.value);
      if (value === null) act.unset();
      else set(value);
    },
  });
  return {
    parts: [slider, field],
    show(value) {
      const shown = typeof value === "number" ? value : Number(control.default ?? NaN);
      if (slider !== document.activeElement || !gesture) {
        slider.value = Number.isFinite(shown) ? scale.place(shown) : 0;
        slider.setAttribute("aria-valuetext", Number.isFinite(shown) ? number(shown) : "none");
      }
      if (field === document.activeElement) return;
      field.value = value === undefined || value === null ? "" : plain(typeof value === "number" ? Number(number(value)) : value);
      field.placeholder = control.default ?? "";
    },
  };
}

export function makeControl(control, id, act) {
  const own = (makers[control.kind] ?? makers.value)(control, id, act);
  const faults = h("div", { class: "faults", role: "alert" });
  const reset = h("button", {
    class: "act reset", title: `Leave it out${control.default ? `: ${control.default}` : ""}`, "aria-label": `Leave ${control.name} out`,
    onclick: () => act.unset(),
  }, "↺");
  const element = h("div", { class: `control ${control.kind}` },
    h("label", { htmlFor: id, title: `${control.doc}\n${control.takes}` }, control.name), h("span", { class: "parts" }, ...own.parts), reset, faults);
  return {
    element,
    update(value, found, given) {
      element.classList.toggle("given", given);
      reset.hidden = control.required || !given;
      own.show(value ?? undefined);
      faults.replaceChildren(...found.map((text) => h("p", {}, text)));
      element.classList.toggle("wrong", found.length > 0);
    },
  };
}

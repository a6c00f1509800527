/* The account of a pixel; numbers lead to the accounts of those that they come from. */

const account = document.getElementById("account"), trail = document.getElementById("trail");
let seen = [];

function key(source) {
  return source.join("-");
}

function called(source) {
  const [stage, row, col] = source;
  return `${stage < 0 ? "image" : data.stages[stage]} (${row}, ${col})`;
}

function linked(source, ...children) {
  return make("a", { href: `#${key(source)}`, title: `${called(source)}: how it came to be` }, ...children);
}

function dressed(part) {
  return (cell, i, j) => {
    if (part.outside) cell.classList.add(part.outside[i][j] ? "outside" : "inside");
    const source = part.sources?.[i][j];
    if (!source) return;
    if (data.accounts[key(source)]) cell.replaceChildren(linked(source, make("span", {}, cell.textContent)));
    else cell.title = called(source);
  };
}

function numbers(part) {
  const edges = part.places ? { rows: part.places[0], cols: part.places[1] } : {};
  return grid(part.title, part.values, { ...edges, dress: dressed(part) });
}

function sentence(part) {
  const line = make("p", { class: part.result ? "result" : "" }, typeset(part.text));
  for (const source of part.sources ?? []) {
    if (data.accounts[key(source)]) line.append(make("span", { class: "to" }, linked(source, called(source))));
  }
  return line;
}

/* Tables that follow each other stand side by side. */
function parts(told) {
  const made = [], fitted = [];
  let row = null;
  for (const part of told) {
    if (part.values) {
      const one = numbers(part);
      fitted.push(one);
      if (!row) made.push(row = make("div", { class: "row" }));
      row.append(one.figure);
      if (part.note) one.figure.append(make("span", { class: "note" }, part.note));
    }
    if (part.text) {
      made.push(sentence(part));
      row = null;
    }
  }
  return [made, fitted];
}

function show() {
  const wanted = location.hash.slice(1), at = data.accounts[wanted] ? wanted : data.first;
  const [heading, ...rest] = data.accounts[at];
  const [made, fitted] = parts(rest);
  account.replaceChildren(make("h2", {}, typeset(heading.text)), ...made);
  fitted.forEach(one => fit(one, account.clientWidth - 40, 26, 44));
  seen = seen.includes(at) ? seen.slice(0, seen.indexOf(at) + 1) : [...seen, at];
  const names = seen.map(each => called(each.replace(/^-/, "~").split("-").map(number => Number(number.replace("~", "-")))));
  trail.replaceChildren(...names.flatMap((name, k) => {
    const last = k === names.length - 1;
    return [k ? " \u2190 " : "", last ? make("strong", {}, name) : make("a", { href: `#${seen[k]}` }, name)];
  }));
  trail.hidden = seen.length < 2;
}

addEventListener("hashchange", () => {
  show();
  account.focus({ preventScroll: true });
  account.scrollIntoView({ block: "nearest" });
});
addEventListener("resize", show);
show();

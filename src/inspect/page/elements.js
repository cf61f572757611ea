// The inspector. It shows what guests and clients wrote: always as text nodes, never as markup.
"use strict";

const PAGE = 50; // rows of a list
const REFRESH = 2000; // ms between looks, while the page is seen
const LINES_MAX = 1000; // of a live log
const main = document.getElementById("main");
const problem = document.getElementById("problem");

// h("td.number", {title: "x"}, "text", child): an element. Text stays text.
function h(what, ...rest) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag);
  element.className = classes.join(" ");
  for (const part of rest) {
    if (part === null || part === undefined) continue;
    if (part instanceof Node) element.append(part);
    else if (Array.isArray(part)) element.append(...part);
    else if (typeof part === "object") {
      for (const [name, value] of Object.entries(part)) {
        if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
        else element.setAttribute(name, value);
      }
    } else element.append(String(part));
  }
  return element;
}

const number = (value) => (value ?? 0).toLocaleString("en");
const ms = (value) =>
  value === undefined ? "" : value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(2)} ms`;
// Of what is estimated from a histogram: two digits are more than it knows.
const estimate = (value) => (value === undefined ? "" : `≈ ${ms(Number(value.toPrecision(2)))}`);
const bytes = (value) => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit ? value.toFixed(1) : value} ${units[unit]}`;
};
const clock = (ts) => (typeof ts === "string" ? ts.slice(11, 23) : "");
const functionLink = (name) =>
  name ? h("a", { href: `#/functions/${encodeURIComponent(name)}` }, name) : h("span.dim", "none");
const statusClass = (r) =>
  r.aborted || r.client_gone || r.status >= 500 || !r.status ? "bad" : r.status >= 400 ? "warn" : "good";
const statusText = (r) => (r.client_gone ? "gone" : r.aborted ? `${r.status} cut` : r.status || "none");

// Puts rows into a table body: those that stay are changed in place, so that what has the focus keeps it.
function fill(body, items, key, cells) {
  const known = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  const focused = body.contains(document.activeElement) ? document.activeElement.closest("tr")?.dataset.key : null;
  const rows = items.map((item) => {
    const id = key(item);
    const row = known.get(id) ?? h("tr", { "data-key": id });
    const signature = JSON.stringify(item);
    if (row.signature !== signature) {
      row.signature = signature;
      row.replaceChildren(...cells(item));
    }
    return row;
  });
  if (rows.length !== body.rows.length || rows.some((row, i) => row !== body.rows[i])) body.replaceChildren(...rows);
  if (focused && !body.contains(document.activeElement)) {
    rows
      .find((row) => row.dataset.key === focused)
      ?.querySelector("a")
      ?.focus();
  }
}

function table(caption, heads, body) {
  return h(
    "div.wide",
    h(
      "table",
      { "aria-label": caption },
      h(
        "thead",
        h(
          "tr",
          heads.map((head) => h(head.startsWith("#") ? "th.number" : "th", { scope: "col" }, head.replace("#", ""))),
        ),
      ),
      body,
    ),
  );
}

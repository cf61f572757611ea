// Which view is shown.

let view = {};
let viewing = null; // ends what the view asks

function route() {
  view.stop?.();
  viewing?.abort();
  viewing = new AbortController();
  tell(null);
  const [path, query] = location.hash.replace(/^#/, "").split("?");
  const [, first, second] = path.split("/").map(decodeURIComponent);
  if (first === "functions" && second) view = functionView(second);
  else if (first === "requests" && second) view = requestView(second);
  else if (first === "requests") view = requestList(false);
  else if (first === "errors") view = requestList(true);
  else if (first === "log") view = logView(new URLSearchParams(query));
  else view = functionList();
  const here = second || !first ? "#/" : `#/${first}`;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === here) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `Peko: ${main.querySelector("h1")?.textContent ?? ""}`;
  look(viewing.signal);
}

// Asks again while the page is seen.
async function look(signal) {
  while (!signal.aborted) {
    if (!document.hidden && view.refresh) {
      await view.refresh(signal).then(() => !signal.aborted && tell(null), tell);
      if (!view.showsNode) await get("/api/functions?limit=1", signal).then((list) => showNode(list.node), tell);
    }
    await new Promise((resolve) => setTimeout(resolve, REFRESH));
  }
}

addEventListener("hashchange", () => {
  route();
  main.focus();
});
addEventListener("keydown", (event) => {
  if (event.key === "/" && view.search && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName)) {
    event.preventDefault();
    view.search.focus();
  }
});
addEventListener("unhandledrejection", (event) => tell(event.reason));
route();

// The list of functions, and one of them. A view returns {refresh, stop, search}; each may be absent.

function functionList() {
  let offset = 0;
  const search = h("input", {
    type: "search",
    placeholder: "Search (press /)",
    "aria-label": "Search functions",
    oninput: () => {
      offset = 0;
      refresh();
    },
  });
  const sort = h(
    "select",
    {
      "aria-label": "Order",
      onchange: () => {
        offset = 0;
        refresh();
      },
    },
    [
      ["recent", "Errors and traffic lately"],
      ["requests", "Most requests"],
      ["errors", "Most errors"],
      ["name", "Name"],
    ].map(([value, text]) => h("option", { value }, text)),
  );
  const previous = h(
    "button",
    {
      type: "button",
      onclick: () => {
        offset = Math.max(0, offset - PAGE);
        refresh();
      },
    },
    "Previous",
  );
  const next = h(
    "button",
    {
      type: "button",
      onclick: () => {
        offset += PAGE;
        refresh();
      },
    },
    "Next",
  );
  const count = h("span.dim", { role: "status" });
  const body = h("tbody");
  main.replaceChildren(
    h("h1", "Functions"),
    h("div.tools", search, sort, previous, next, count),
    table(
      "Functions",
      [
        "Function",
        "State",
        "Versions",
        "#Last minute",
        "#Errors in it",
        "#Requests",
        "#Errors",
        "#Median",
        "#p99",
        "#Warm",
        "#Memory",
        "#Waiting",
      ],
      body,
    ),
  );

  const states = { loaded: "good", failed: "bad", loading: "warn" };
  function cells(f) {
    const versions = f.versions
      .map((v) => (f.versions.length > 1 ? `${v.version} ${v.weight} %` : v.version))
      .join(", ");
    return [
      h("td", functionLink(f.name)),
      h(
        "td",
        h(`span.${states[f.state] ?? "dim"}`, f.state),
        f.error ? h("div.dim", f.error.split("\n")[0].slice(0, 160)) : null,
      ),
      h("td.short", versions),
      h("td.number", number(f.requests_lately)),
      h(f.errors_lately ? "td.number.bad" : "td.number.dim", number(f.errors_lately)),
      h("td.number", number(f.requests)),
      h(f.errors ? "td.number.bad" : "td.number.dim", number(f.errors)),
      h("td.number", estimate(f.p50_ms)),
      h("td.number", estimate(f.p99_ms)),
      h("td.number", number(f.warm_instances)),
      h("td.number", f.memory_bytes ? bytes(f.memory_bytes) : ""),
      h(f.waiting ? "td.number.warn" : "td.number.dim", number(f.waiting)),
    ];
  }

  let asked = 0;
  async function refresh(signal) {
    const mine = ++asked;
    const list = await get(
      `/api/functions?q=${encodeURIComponent(search.value)}&sort=${sort.value}&offset=${offset}&limit=${PAGE}`,
      signal,
    );
    if (mine !== asked) return; // a later question is under way
    showNode(list.node);
    if (offset > 0 && list.functions.length === 0) {
      offset = 0;
      return refresh(signal);
    }
    fill(body, list.functions, (f) => f.name, cells);
    previous.disabled = offset === 0;
    next.disabled = offset + list.functions.length >= list.matching;
    const end = offset + list.functions.length;
    count.textContent =
      list.matching === 0
        ? list.total
          ? "none matches"
          : "there are none"
        : `${number(list.functions.length ? offset + 1 : 0)} to ${number(end)} of ${number(list.matching)}`;
  }
  return { refresh, search, showsNode: true };
}

function functionView(name) {
  const about = h("div");
  const instances = h("tbody");
  const instanceTable = table(
    "Versions",
    ["Version", "#Weight", "#Running", "#Warm", "#Waiting", "#Memory of warm ones", "Limits", "Component"],
    instances,
  );
  const errors = h("input", { type: "checkbox", onchange: () => requests.refresh().catch(tell) });
  const requests = requestTable(
    () => `function=${encodeURIComponent(name)}&errors=${errors.checked ? 1 : 0}`,
    "No requests, as far as this node remembers.",
  );
  main.replaceChildren(
    h("h1", name),
    about,
    h("h2", "Versions and instances"),
    instanceTable,
    h("h2", "Requests"),
    h(
      "div.tools",
      h("label", errors, " failed ones only"),
      h("a", { href: `#/log?function=${encodeURIComponent(name)}` }, "Live log"),
    ),
    ...requests.elements,
  );
  const counts = (object) =>
    Object.entries(object)
      .map(([key, value]) => `${key} ${number(value)}`)
      .join(", ");
  async function refresh(signal) {
    const f = await get(`/api/functions/${encodeURIComponent(name)}`, signal);
    about.replaceChildren(
      pairs([
        ["State", f.error ? `${f.state}: ${f.error}` : f.state],
        ["Revision", f.revision || ""],
        ["Requests", `${number(f.requests)}, ${number(f.errors)} of them answered 5xx`],
        ["Last minute", `${number(f.requests_lately)} requests, ${number(f.errors_lately)} errors`],
        ["Time taken", f.p50_ms === undefined ? "" : `median ${estimate(f.p50_ms)}, p99 ${estimate(f.p99_ms)}`],
        ["CPU time", ms(f.cpu_ms)],
        ["Cold starts", counts(f.cold_starts)],
        ["Faults", counts(f.faults)],
      ]),
    );
    fill(
      instances,
      f.instances,
      (v) => v.version ?? "-",
      (v) => [
        h("td", v.version ?? "the only one", v.single_use ? h("span.warn", " serves one request an instance") : null),
        h("td.number", v.weight),
        h("td.number", number(v.running)),
        h("td.number", number(v.idle)),
        h("td.number", number(v.waiting)),
        h("td.number", bytes(v.idle_bytes)),
        h("td.short.dim", `${v.cpu_ms_max} ms CPU, ${v.wall_ms_max} ms, ${v.memory_mb_max} MiB`),
        h("td.mono.dim", { title: v.component }, v.component.slice(0, 12)),
      ],
    );
    await requests.refresh(signal);
  }
  return { refresh };
}

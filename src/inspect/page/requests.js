// Requests: a table of them, and one of them with its phases, its log and where it failed.

const requestHeads = ["Time", "Status", "Request", "Function", "#Time taken", "#CPU", "#Memory", "Start", "Fault"];
function startText(r) {
  if (r.cold) return `cold (${r.reason})`;
  return r.asset ? "asset" : "warm";
}

function requestCells(r) {
  return [
    h("td.short.dim", clock(r.ts)),
    h("td.short", h(`span.${statusClass(r)}`, statusText(r))),
    h("td", h("a.mono", { href: `#/requests/${encodeURIComponent(r.id)}` }, `${r.method ?? "-"} ${r.target ?? ""}`)),
    h("td.short", functionLink(r.function), r.version ? ` ${r.version}` : ""),
    h("td.number", ms(r.wall_ms)),
    h("td.number", ms(r.cpu_ms)),
    h("td.number", r.memory_bytes ? bytes(r.memory_bytes) : ""),
    h("td.short", h(r.cold ? "span.warn" : "span.dim", startText(r))),
    h(
      "td",
      r.code ? h("span.bad", r.code) : null,
      r.detail ? h("span.dim", ` ${r.detail.split("\n")[0].slice(0, 160)}`) : null,
    ),
  ];
}

// A table of requests that match, newest first; more of them on demand.
function requestTable(query, empty) {
  let rows = PAGE;
  const body = h("tbody");
  const note = h("p.dim", { role: "status" });
  const more = h(
    "button",
    {
      type: "button",
      hidden: "",
      onclick: () => {
        rows += PAGE;
        refresh();
      },
    },
    "More",
  );
  async function refresh(signal) {
    const list = await get(`/api/requests?limit=${Math.min(rows, 1000)}&${query()}`, signal);
    fill(body, list.requests, (r) => r.id, requestCells);
    more.hidden = !list.next || rows >= 1000;
    note.textContent = list.requests.length ? "" : empty;
  }
  return { elements: [table("Requests", requestHeads, body), note, more], refresh };
}

function requestList(errors) {
  const status = h(
    "select",
    { "aria-label": "Status", onchange: () => requests.refresh().catch(tell) },
    [
      ["", "Any status"],
      ["2xx", "2xx"],
      ["3xx", "3xx"],
      ["4xx", "4xx"],
      ["5xx", "5xx"],
    ].map(([value, text]) => h("option", { value }, text)),
  );
  const requests = requestTable(
    () => (errors ? "errors=1" : `status=${status.value}`),
    errors ? "No request has failed, as far as this node remembers." : "No requests yet.",
  );
  main.replaceChildren(
    h("h1", errors ? "Requests that failed" : "Requests"),
    errors ? "" : h("div.tools", status),
    ...requests.elements,
  );
  return requests;
}

function pairs(entries) {
  return h(
    "dl",
    entries
      .filter(([, value]) => value !== "" && value !== undefined && value !== null)
      .flatMap(([name, value]) => [h("dt", name), h("dd", value)]),
  );
}

function phaseBars(phases) {
  const all = phases.reduce((sum, phase) => sum + phase.ms, 0) || 1;
  let before = 0;
  return h(
    "div.phases",
    { role: "table", "aria-label": "Phases" },
    phases.flatMap((phase) => {
      const bar = h("div.bar");
      bar.style.marginLeft = `${(before / all) * 100}%`;
      bar.style.width = `${(phase.ms / all) * 100}%`;
      before += phase.ms;
      return [h("span", phase.name), h("div.track", bar), h("span.number", ms(phase.ms))];
    }),
  );
}

function logLine(line, showFunction) {
  const stream = line.level ?? line.stream;
  const loud = stream === "stderr" || stream === "error" || stream === "critical";
  return h(
    "div.mono",
    h("span.dim", `${clock(line.ts)} `),
    showFunction ? h("b", `${line.function} `) : null,
    h(loud ? "span.bad" : "span.dim", `${stream} `),
    line.msg,
  );
}

function trapView(trap) {
  const frames = (trap.backtrace ?? []).map((frame) => h("li.mono", frame));
  return h(
    "div",
    h("p.mono", h("span.bad", `${trap.code} `), trap.cause),
    frames.length ? h("ol.frames", { start: "0" }, frames) : null,
  );
}

function requestView(id) {
  async function refresh(signal) {
    const all = await get(`/api/requests/${encodeURIComponent(id)}`, signal);
    const r = all.request;
    const parts = [
      h("h1", r ? `${r.method ?? "-"} ${r.target ?? ""}` : "A request that is not over, or was forgotten"),
    ];
    if (r) {
      parts.push(
        pairs([
          ["Status", h(`span.${statusClass(r)}`, statusText(r))],
          ["Fault", r.code ? h("span.bad", r.code) : ""],
          ["Why", r.detail ?? ""],
          ["Setting", r.setting ? `${r.setting} in [limits] of peko.toml raises the limit` : ""],
          ["Function", functionLink(r.function)],
          ["Version", r.version ?? ""],
          ["Time", r.ts],
          ["Id", h("code", r.id)],
          ["Start", startText(r)],
          ["Second try", r.retried ? "yes: the first failed on a used instance" : ""],
          ["CPU time", ms(r.cpu_ms)],
          ["Memory", bytes(r.memory_bytes)],
          ["Bytes in, out", `${bytes(r.bytes_in)}, ${bytes(r.bytes_out)}`],
          ["Outbound requests", r.subrequests || ""],
        ]),
        h("h2", `Phases: ${ms(r.wall_ms)}`),
        phaseBars(all.phases),
      );
    }
    if (all.trap) parts.push(h("h2", "Where it failed"), trapView(all.trap));
    parts.push(
      h("h2", "Log"),
      all.log.length
        ? h(
            "div.lines",
            all.log.map((line) => logLine(line, false)),
          )
        : h("p.dim", "It printed nothing."),
    );
    const signature = JSON.stringify(all);
    if (main.signature === signature) return;
    main.signature = signature;
    main.replaceChildren(...parts);
  }
  main.signature = null;
  main.replaceChildren(h("h1", "Request"));
  return { refresh };
}

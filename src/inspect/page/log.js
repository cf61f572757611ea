// The live log.

function logView(parameters) {
  const only = h("input", {
    type: "search",
    placeholder: "Function (all)",
    "aria-label": "Function",
    value: parameters.get("function") ?? "",
    onchange: () => start(),
  });
  const errors = h("input", { type: "checkbox", onchange: () => start() });
  const paused = h(
    "button",
    {
      type: "button",
      "aria-pressed": "false",
      onclick: () => setPaused(paused.getAttribute("aria-pressed") !== "true"),
    },
    "Pause",
  );
  const clear = h("button", { type: "button", onclick: () => lines.replaceChildren() }, "Clear");
  const state = h("span.dim", { role: "status" });
  const lines = h("div.lines", { role: "log", tabindex: "0", "aria-label": "Log" });
  main.replaceChildren(
    h("h1", "Live log"),
    h("div.tools", only, h("label", errors, " failures only"), paused, clear, state),
    lines,
  );
  let stopping = null;
  let waiting = [];

  function setPaused(yes) {
    paused.setAttribute("aria-pressed", String(yes));
    paused.textContent = yes ? "Go on" : "Pause";
    if (!yes) show([]);
  }

  function element(event) {
    if (event.type === "guest") return logLine(event, true);
    if (event.type === "trap") return trapView(event);
    if (event.type === "lost")
      return h(
        "div.warn",
        `${number(event.lines)} lines and ${number(event.requests)} requests are missing: `,
        "they came faster than they were read",
      );
    if (event.type !== "request") return h("div.dim", JSON.stringify(event));
    return h(
      "div.mono",
      h("span.dim", `${clock(event.ts)} `),
      h("b", `${event.function ?? "-"} `),
      h(`span.${statusClass(event)}`, `${statusText(event)} `),
      h("a", { href: `#/requests/${encodeURIComponent(event.id)}` }, `${event.method ?? "-"} ${event.target ?? ""}`),
      h("span.dim", ` ${ms(event.wall_ms)}, CPU ${ms(event.cpu_ms)}${event.cold ? `, cold (${event.reason})` : ""}`),
      event.code ? h("span.bad", ` ${event.code}${event.detail ? `: ${event.detail}` : ""}`) : null,
    );
  }

  function show(events) {
    waiting.push(...events);
    if (waiting.length > LINES_MAX) waiting = waiting.slice(-LINES_MAX);
    if (paused.getAttribute("aria-pressed") === "true") return;
    const atEnd = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 20;
    lines.append(...waiting.map(element));
    waiting = [];
    while (lines.childElementCount > LINES_MAX) lines.firstChild.remove();
    if (atEnd) lines.scrollTop = lines.scrollHeight;
  }

  async function follow(signal, past) {
    const named = only.value ? `&function=${encodeURIComponent(only.value)}` : "";
    const query = `follow=1&limit=${past}&errors=${errors.checked ? 1 : 0}${named}`;
    const response = await ask(`/api/logs?${query}`, { signal });
    if (!response.ok) throw new Refused((await response.text()).trim());
    tell(null);
    state.textContent = "connected";
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read().catch(() => ({ done: true }));
      if (done) throw new Unreachable("The node has stopped; trying again.");
      const parts = (rest + value).split("\n");
      rest = parts.pop();
      show(parts.filter((part) => part).map((part) => JSON.parse(part)));
    }
  }

  async function start() {
    stopping?.abort();
    const mine = (stopping = new AbortController());
    lines.replaceChildren();
    for (let past = 200; !mine.signal.aborted; past = 0) {
      await follow(mine.signal, past).catch((error) => {
        if (!mine.signal.aborted) {
          tell(error);
          state.textContent = "not connected";
        }
      });
      await new Promise((resolve) => setTimeout(resolve, REFRESH));
    }
  }
  start();
  return { stop: () => stopping.abort(), search: only };
}

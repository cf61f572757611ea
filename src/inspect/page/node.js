// What is asked of the node, and what is told of it.

// What the node says is wrong; that it says nothing.
class Refused extends Error {}
class Unreachable extends Error {}

const tokenKey = "peko-admin-token";
let asking = null; // the question for the token, while it is open

function askToken(wrong) {
  const dialog = document.getElementById("ask");
  const input = document.getElementById("ask-token");
  document.getElementById("ask-wrong").hidden = !wrong;
  asking ??= new Promise((resolve) => {
    dialog.addEventListener(
      "close",
      () => {
        sessionStorage.setItem(tokenKey, input.value);
        input.value = "";
        asking = null;
        resolve();
      },
      { once: true },
    );
    dialog.showModal();
  });
  return asking;
}

async function ask(path, options = {}) {
  for (;;) {
    const token = sessionStorage.getItem(tokenKey);
    const headers = token ? { authorization: `Bearer ${token}` } : {};
    const response = await fetch(path, { ...options, headers, cache: "no-store" }).catch((error) => {
      throw error.name === "AbortError" ? error : new Unreachable("The node does not answer; trying again.");
    });
    if (response.status !== 401) return response;
    if (sessionStorage.getItem(tokenKey) === token) await askToken(token !== null && token !== "");
  }
}

async function get(path, signal) {
  const response = await ask(path, { signal });
  if (response.ok) return response.json();
  const text = await response.text();
  let said = text;
  try {
    said = JSON.parse(text).error ?? text;
  } catch {
    /* plain text */
  }
  throw new Refused(said.trim());
}

function tell(error) {
  if (error?.name === "AbortError") return;
  const known = error instanceof Refused || error instanceof Unreachable;
  problem.textContent = !error ? "" : known ? error.message : `The inspector failed: ${error}`;
  problem.hidden = !error;
}

function showNode(node) {
  const away = node.unavailable ? `, ${number(node.unavailable)} turned away` : "";
  document.getElementById("node").textContent =
    `${number(node.instances_busy)} instances busy, ${number(node.instances_idle)} warm, ` +
    `${number(node.requests_in_flight)} requests in flight${away} · ${node.version}`;
}

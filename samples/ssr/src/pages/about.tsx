/** How the site works, shown by the page itself: its last parts are sent later than its first. */
import { lazy, Suspense } from 'preact/compat';

/** When each late part is sent, in milliseconds after the request came. A real page would wait for a data source. */
const PARTS_MS = [150, 300, 450];

export function About() {
  const started = Date.now();
  const parts = PARTS_MS.map((delay) => latePart(delay, started));
  return (
    <div class="narrow">
      <h1>How it works</h1>
      <p class="lead">There is no server here, in the sense of a program that runs and waits. There is a function.</p>
      <p>
        The site is written in TypeScript and Preact and runs in a sandbox of WebAssembly. Its only way to the outside
        is <code>wasi:http</code>: it is handed a request and gives back a response. It has no files, no sockets, and no memory
        that it shares with anyone. The style sheet and the icon are files beside it, which are served without asking it.
      </p>
      <h2>Pages can come in pieces</h2>
      <p>
        You have read this far before the server was done. The rest of the page was still to come when its beginning was sent;
        each line below arrives when it is ready, and takes the place of its dots. The page carries some 1.5 kB of script for
        that and no framework.
      </p>
      <ol class="parts">
        {parts.map((Part, i) => (
          <li key={i}>
            <Suspense fallback={<span class="waiting">…</span>}><Part /></Suspense>
          </li>
        ))}
      </ol>
      <h2>Instances are kept warm</h2>
      <p>
        A request goes to an instance that is already there, if one is free. Only the first request of an instance waits for the
        code to be read and the modules to be evaluated.
      </p>
    </div>
  );
}

/** A component that is ready `delay` ms after `started`. It is made outside of any render, so that it waits once. */
function latePart(delay: number, started: number) {
  return lazy(async () => {
    await new Promise((resolve) => setTimeout(resolve, delay - (Date.now() - started)));
    const text = `Sent ${Date.now() - started} ms after the first piece.`;
    return { default: () => <span class="late">{text}</span> };
  });
}

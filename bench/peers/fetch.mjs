// node fetch.mjs PORT MODULE: serves the module's `fetch` on Node.js, by the adapter of the Hono project. The
// environment variable WORKER_ENV is its `env`, as JSON.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const peers = createRequire(new URL('../../tests/peers/package.json', import.meta.url));
const { createAdaptorServer } = await import(pathToFileURL(peers.resolve('@hono/node-server')));
const worker = (await import(pathToFileURL(process.argv[3]))).default;
const env = JSON.parse(process.env.WORKER_ENV ?? '{}');
const context = { waitUntil() {}, passThroughOnException() {} };
const server = createAdaptorServer({ fetch: (request) => worker.fetch(request, env, context) });
server.keepAliveTimeout = 0; // never closes a connection that waits for its next request
server.listen(Number(process.argv[2]), '127.0.0.1', 4096);

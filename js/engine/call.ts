/** One request: from the host's handles to the script's `fetch`, and back. */
import { ResponseOutparam, type IncomingRequest } from 'wasi:http/types@0.2.10';
import { problemOf, toText } from './problem.ts';
import { RequestBody, toRequest } from './request.ts';
import { begin, send } from './response.ts';
import type { Context, Script } from './script.ts';
import { clearTimers } from './timers.ts';

/** Answers the request, and returns when nothing is left to do for it: its body sent, what it waits for settled. */
export async function answer(
  script: Script | undefined,
  incoming: IncomingRequest,
  outparam: ResponseOutparam,
): Promise<void> {
  if (!script) return fail(outparam, 'Error: no script was loaded into this instance');
  const report = (what: string, error: unknown) => console.error(`${what}: ${toText(problemOf(error))}`);
  const pending: Promise<unknown>[] = [];
  const context: Context = {
    waitUntil(promise) {
      pending.push(Promise.resolve(promise).catch((error: unknown) => report('waitUntil', error)));
    },
    passThroughOnException() {},
  };
  const body = new RequestBody(incoming);
  try {
    const request = toRequest(incoming, body);
    const response = request ? await script.fetch(request, script.env, context) : refusal();
    const outgoing = begin(response, outparam);
    await send(outgoing, incoming.method().tag === 'head').catch((error: unknown) => report('response body', error));
  } catch (error) {
    fail(outparam, toText(problemOf(error)));
  }
  while (pending.length > 0) await Promise.all(pending.splice(0));
  clearTimers();
  body.dispose();
  incoming[Symbol.dispose]();
}

/** Tells the host that the script threw. */
function fail(outparam: ResponseOutparam, text: string): void {
  ResponseOutparam.set(outparam, { tag: 'err', val: { tag: 'internal-error', val: text } });
}

function refusal(): Response {
  const text = 'This request cannot be expressed as a Request of the fetch standard.\n';
  return new Response(text, { status: 400, headers: { 'content-type': 'text/plain;charset=utf-8' } });
}

/**
 * Serves `fetch(request, env, ctx)`, the shape of a worker, from WASI's raw incoming-handler.
 *
 * The engine has a `fetch` event of its own, but an instance can fire it once; the raw handler can be called again and
 * again, one call at a time, so that an instance stays warm. Request and response bodies are streamed. What the
 * handler throws becomes a 500. A response body that fails half-way is never finished, so that the host, and through
 * it the client, sees that it is incomplete.
 */
import { getEnvironment } from 'wasi:cli/environment@0.2.10';
import { Fields, OutgoingBody, OutgoingResponse, ResponseOutparam, type IncomingRequest } from 'wasi:http/types@0.2.10';
import type { OutputStream } from 'wasi:io/streams@0.2.10';

export type Env = Record<string, string | undefined>;

export interface Context {
  /** Keeps the call alive, after the response was sent, until the promise settles. */
  waitUntil(promise: Promise<unknown>): void;
}

export interface Worker {
  fetch(request: Request, env: Env, ctx: Context): Response | Promise<Response>;
}

const READ_BYTES_MAX = 65536n;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The export `incomingHandler` that a component needs. */
export function adapt(worker: Worker) {
  let env: Env | undefined; // of the instance; read at the first request, since the top level runs at build time
  return {
    async handle(incoming: IncomingRequest, outparam: ResponseOutparam): Promise<void> {
      env ??= Object.fromEntries(getEnvironment());
      const pending: Promise<unknown>[] = [];
      const ctx: Context = {
        waitUntil(promise) {
          pending.push(promise.catch((error: unknown) => console.error('waitUntil:', error)));
        },
      };
      const body = new RequestBody(incoming);
      let response: Response;
      try {
        response = await worker.fetch(toRequest(incoming, body), env, ctx);
      } catch (error) {
        console.error('fetch:', describe(error));
        response = new Response('Internal error\n', { status: 500, headers: { 'content-type': 'text/plain' } });
      }
      try {
        await send(response, outparam, incoming.method().tag === 'head');
      } catch (error) {
        console.error('response:', describe(error));
      }
      body.dispose();
      incoming[Symbol.dispose]();
      await Promise.all(pending);
    },
  };
}

/** The request's body as a stream that owns two host handles, until it ends, is cancelled or is disposed of. */
class RequestBody {
  private handles: { dispose(): void } | undefined;

  constructor(private readonly incoming: IncomingRequest) {}

  open(): ReadableStream<Uint8Array> {
    const body = this.incoming.consume();
    const bytes = body.stream();
    this.handles = {
      dispose() {
        bytes[Symbol.dispose](); // the stream is the body's child: it goes first
        body[Symbol.dispose]();
      },
    };
    return new ReadableStream({
      pull: (controller) => {
        try {
          const chunk = bytes.blockingRead(READ_BYTES_MAX);
          if (chunk.byteLength > 0) controller.enqueue(chunk);
        } catch (error) {
          this.dispose();
          if (isClosed(error)) controller.close();
          else controller.error(new TypeError('the request body broke off'));
        }
      },
      cancel: () => this.dispose(),
    });
  }

  dispose(): void {
    this.handles?.dispose();
    this.handles = undefined;
  }
}

function toRequest(incoming: IncomingRequest, body: RequestBody): Request {
  const tagged = incoming.method();
  const method = tagged.tag === 'other' ? tagged.val : tagged.tag.toUpperCase();
  const headers = new Headers();
  const fields = incoming.headers();
  for (const [name, value] of fields.entries()) headers.append(name, decoder.decode(value));
  fields[Symbol.dispose]();
  const init: RequestInit & { duplex?: 'half' } = { method, headers };
  if (method !== 'GET' && method !== 'HEAD') {
    init.body = body.open();
    init.duplex = 'half';
  }
  const scheme = incoming.scheme()?.tag === 'HTTPS' ? 'https' : 'http';
  const authority = incoming.authority() ?? headers.get('host') ?? 'localhost';
  return new Request(`${scheme}://${authority}${incoming.pathWithQuery() ?? '/'}`, init);
}

/** Sends the head, then each part of the body as soon as the response has it. */
async function send(response: Response, outparam: ResponseOutparam, headOnly: boolean): Promise<void> {
  const fields: [string, Uint8Array][] = [];
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie') fields.push([name, encoder.encode(value)]);
  }
  for (const value of response.headers.getSetCookie()) fields.push(['set-cookie', encoder.encode(value)]);
  const outgoing = new OutgoingResponse(Fields.fromList(fields));
  outgoing.setStatusCode(response.status);
  const body = outgoing.body();
  ResponseOutparam.set(outparam, { tag: 'ok', val: outgoing });
  if (headOnly) {
    await response.body?.cancel();
  } else if (response.body) {
    const out = body.write();
    const reader = response.body.getReader();
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) write(out, part.value);
      flush(out);
    } catch (error) {
      await reader.cancel(error).catch(() => {});
      throw error;
    } finally {
      out[Symbol.dispose]();
    }
  }
  try {
    OutgoingBody.finish(body, undefined);
  } catch (error) {
    if (!headOnly) throw error; // the answer to HEAD has a content-length and no content
  }
}

/** Writes all bytes, waiting for the client whenever the host's buffer is full. */
function write(out: OutputStream, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; ) {
    const room = Number(out.checkWrite());
    if (room === 0) {
      const ready = out.subscribe();
      ready.block();
      ready[Symbol.dispose]();
      continue;
    }
    out.write(bytes.subarray(at, at + room));
    at += room;
  }
}

/** Waits until the host has taken everything. A host that has all the bytes of a content-length may have closed. */
function flush(out: OutputStream): void {
  try {
    out.blockingFlush();
  } catch (error) {
    if (!isClosed(error)) throw error;
  }
}

function isClosed(error: unknown): boolean {
  const { payload, tag } = (error ?? {}) as { payload?: { tag?: string }; tag?: string };
  return (payload?.tag ?? tag) === 'closed';
}

function describe(error: unknown): string {
  if (error instanceof Error) return `${error}\n${error.stack ?? ''}`;
  return JSON.stringify(error, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)) ?? String(error);
}

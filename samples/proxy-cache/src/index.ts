/** A proxy that keeps what its origin allows it to keep: fresh answers come from here, stale ones while they are renewed. */
import type { ExecutionContext, ExportedHandler, KVNamespace } from '@peko/types';
import { ageOf, directives, isGoodMeanwhile, isGoodOnError, lifeOf, secondsLeft } from './policy';
import { keyOf, Store, type Kept } from './store';

interface Env {
  KV: KVNamespace;
  /** What it stands in front of: scheme, host and, if need be, the start of a path. */
  ORIGIN: string;
}

/** Larger answers pass through without being kept. */
const KEPT_BYTES_MAX = 1 << 20;
const ORIGIN_TIMEOUT_MS = 10_000;
/** What belongs to one connection, or is made anew for each answer. */
const NOT_KEPT = new Set(['age', 'connection', 'content-length', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

export default {
  async fetch(request, env, ctx) {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return text(405, 'Only GET and HEAD pass through here.', { allow: 'GET, HEAD' });
    }
    const { pathname, search } = new URL(request.url);
    const target = env.ORIGIN.replace(/\/$/, '') + pathname + search;
    const accept = request.headers.get('accept') ?? '*/*';
    return new Exchange(request, target, accept, await keyOf(target, accept), new Store(env.KV), ctx).answer();
  },
} satisfies ExportedHandler<Env>;

/** Answers that have no body, and refuse to be made with one. */
const NO_BODY = new Set([204, 205, 304]);

/** One request on its way. */
class Exchange {
  private readonly now = Date.now();

  constructor(
    private readonly request: Request,
    private readonly target: string,
    private readonly accept: string,
    private readonly key: string,
    private readonly store: Store,
    private readonly ctx: ExecutionContext,
  ) {}

  async answer(): Promise<Response> {
    // A store in trouble is no reason not to answer.
    const kept = await this.store.get(this.key).catch((error: unknown) => {
      console.error(`the store: ${error}`);
      return undefined;
    });
    if (!kept) return this.forward(undefined, 'uri-miss');
    if (directives(this.request.headers.get('cache-control')).has('no-cache')) return this.forward(kept, 'request');
    const left = secondsLeft(kept.life, this.now);
    if (left > 0) return this.reply(kept, `hit; ttl=${left}`);
    if (isGoodMeanwhile(kept.life, this.now)) {
      this.ctx.waitUntil(this.forward(kept, 'stale').then((renewed) => renewed.body?.cancel()));
      return this.reply(kept, `hit; ttl=${left}`);
    }
    return this.forward(kept, 'stale');
  }

  /** The origin's answer, which is kept when it may be; the kept one when that is still good, or better than none. */
  private async forward(kept: Kept | undefined, why: string): Promise<Response> {
    let response: Response;
    try {
      response = await this.ask(kept);
    } catch (error) {
      console.error(`${this.target}: ${error}`);
      if (kept && isGoodOnError(kept.life, this.now)) return this.reply(kept, `hit; fwd=${why}; detail=unreachable`);
      return text(502, 'The origin does not answer.');
    }
    if (response.status >= 500 && kept && isGoodOnError(kept.life, this.now)) {
      await response.body?.cancel();
      return this.reply(kept, `hit; fwd=${why}; fwd-status=${response.status}`);
    }
    if (response.status === 304 && kept) return this.renew(kept, response, why);
    return this.pass(response, kept, why);
  }

  private ask(kept: Kept | undefined): Promise<Response> {
    // No cookies and no credentials: what one client may see is not for the next one. Nor the client's conditions: the
    // whole answer is what can be kept.
    const headers = new Headers({ accept: this.accept, 'accept-encoding': 'identity', 'user-agent': 'peko-proxy-cache' });
    const given = new Headers(kept?.headers);
    for (const [condition, name] of [['if-none-match', 'etag'], ['if-modified-since', 'last-modified']] as const) {
      const value = given.get(name);
      if (value) headers.set(condition, value);
    }
    return fetch(this.target, { headers, redirect: 'manual', signal: AbortSignal.timeout(ORIGIN_TIMEOUT_MS) });
  }

  /** The origin says that the kept answer is still right: it gets its new fields, and with them a new life. */
  private renew(kept: Kept, response: Response, why: string): Response {
    const headers = new Headers(kept.headers);
    for (const [name, value] of response.headers) if (!NOT_KEPT.has(name)) headers.set(name, value);
    const life = lifeOf(new Response(null, { status: kept.status, headers: withAge(headers, response.headers.get('age')) }), this.now);
    const renewed: Kept = { ...kept, headers: [...headers], life: life ?? kept.life };
    this.ctx.waitUntil(life ? this.store.put(this.key, renewed) : this.store.remove(this.key));
    return this.reply(renewed, `hit; fwd=${why}; fwd-status=304`);
  }

  /** The answer as it comes, and on its way into the store. */
  private pass(response: Response, kept: Kept | undefined, why: string): Response {
    const { status } = response;
    const isHead = this.request.method === 'HEAD';
    const life = lifeOf(response, this.now);
    const fits = Number(response.headers.get('content-length') ?? 0) <= KEPT_BYTES_MAX;
    const isStored = life !== undefined && fits;
    const headers = new Headers(response.headers);
    headers.set('cache-status', `proxy-cache; fwd=${why}${isStored ? '; stored' : ''}`);
    if (!isStored) {
      if (kept && status < 500) this.ctx.waitUntil(this.store.remove(this.key));
      if (isHead) this.ctx.waitUntil(response.body?.cancel() ?? Promise.resolve());
      return new Response(isHead || NO_BODY.has(status) ? null : response.body, { status, headers });
    }
    const fields = [...response.headers].filter(([name]) => !NOT_KEPT.has(name));
    const [toClient, toStore] = isHead ? [null, response.body] : (response.body?.tee() ?? [null, null]);
    this.ctx.waitUntil(
      collect(toStore).then((body) => body && this.store.put(this.key, { status, headers: fields, life, body })),
    );
    return new Response(toClient, { status, headers });
  }

  /** A kept answer; 304 for a client that has it. */
  private reply(kept: Kept, cacheStatus: string): Response {
    const headers = new Headers(kept.headers);
    headers.set('age', String(ageOf(kept.life, this.now)));
    headers.set('cache-status', `proxy-cache; ${cacheStatus}`);
    if (hasTag(this.request.headers.get('if-none-match'), headers.get('etag'))) return new Response(null, { status: 304, headers });
    headers.set('content-length', String(kept.body.byteLength));
    return new Response(this.request.method === 'HEAD' ? null : kept.body, { status: kept.status, headers });
  }
}

/** All bytes of a body; nothing when they are too many, or when it broke off. */
async function collect(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = body?.getReader();
  try {
    for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
      parts.push(part.value);
      length += part.value.byteLength;
      if (length > KEPT_BYTES_MAX) {
        await reader?.cancel();
        return undefined;
      }
    }
  } catch {
    return undefined; // whoever waits for the answer sees it break off too
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

/** Whether If-None-Match names the tag (RFC 9110, section 13.1.2: weak comparison). */
function hasTag(field: string | null, tag: string | null): boolean {
  const bare = (text: string) => text.trim().replace(/^W\//, '');
  return field !== null && tag !== null && field.split(',').some((given) => given.trim() === '*' || bare(given) === bare(tag));
}

function withAge(headers: Headers, age: string | null): Headers {
  const copy = new Headers(headers);
  if (age !== null) copy.set('age', age);
  return copy;
}

function text(status: number, line: string, headers: Record<string, string> = {}): Response {
  return new Response(`${line}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } });
}

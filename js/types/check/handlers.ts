// Checked by tsc only: what the declarations accept, and what they refuse.
import type { ExecutionContext, ExportedHandler, KVNamespace } from '@peko/types';

interface Env {
  NAME: string;
}

export default {
  async fetch(request, env, ctx) {
    const name: string = env.NAME;
    const form = await request.formData();
    const file = form.get('file');
    ctx.waitUntil(fetch('https://example.com/', { method: 'POST', body: file instanceof File ? file.stream() : name }));
    ctx.passThroughOnException();
    const body = request.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new TextEncoderStream());
    return new Response(body, { status: 201, headers: { 'x-id': crypto.randomUUID() } });
  },
} satisfies ExportedHandler<Env>;

export const untyped: ExportedHandler = { fetch: (_, env) => Response.json({ name: env.NAME ?? 'nobody' }) };

// @ts-expect-error: a variable that Env does not name
export const unknown: ExportedHandler<Env> = { fetch: (_, env) => new Response(env.NAMES) };

// @ts-expect-error: no Response
export const text: ExportedHandler = { fetch: () => 'text' };

// @ts-expect-error: no fetch
export const empty: ExportedHandler = {};

export const stores = {
  async fetch(_, { KV }) {
    const text: string | null = await KV.get('a');
    const count = (await KV.get<{ n: number }>('b', 'json'))?.n ?? 0;
    await KV.put('c', new Uint8Array([count]), { expirationTtl: 60, metadata: { text } });
    const { keys, list_complete } = await KV.list<{ text: string }>({ prefix: 'c' });
    // @ts-expect-error: a number is no value
    await KV.put('d', 1);
    // @ts-expect-error: no such type
    await KV.get('e', 'xml');
    return Response.json([keys[0]?.metadata?.text, list_complete, (await KV.get(['a', 'b'])).get('a')]);
  },
} satisfies ExportedHandler<{ KV: KVNamespace }>;

export function later(ctx: ExecutionContext): void {
  // @ts-expect-error: no promise
  ctx.waitUntil(() => {});
}

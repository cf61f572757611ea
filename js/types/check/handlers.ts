// Checked by tsc only: what the declarations accept, and what they refuse.
import type { ExecutionContext, ExportedHandler } from '@peko/types';

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

export function later(ctx: ExecutionContext): void {
  // @ts-expect-error: no promise
  ctx.waitUntil(() => {});
}

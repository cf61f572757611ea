/**
 * What is known of a Response's body when it is made. Evaluated when the engine is built.
 *
 * A text is remembered, so that sending it needs no stream. And the content-length of a Response with a body is the
 * engine's to set, which does so when it knows the length: one that comes along in `headers` is that of some other
 * body, as in `new Response(changed, original)`, and would cut this one off.
 */
import { define } from './define.ts';

const LENGTH = 'content-length';
const TYPE = 'content-type';
const texts = new WeakMap<Response, string>();

/** The body, if it was made of a text. It may have been read since. */
export function textOf(response: Response): string | undefined {
  return texts.get(response);
}

const Noted = new Proxy(Response, {
  construct(target, [body, init, ...rest]: [unknown, ResponseInit?, ...unknown[]], newTarget) {
    const of = body === null || body === undefined ? init : withoutLength(init);
    const response: Response = Reflect.construct(target, of === undefined ? [body] : [body, of, ...rest], newTarget);
    if (typeof body === 'string') texts.set(response, body);
    return response;
  },
});
define(Response.prototype, 'constructor', Noted);
define(globalThis, 'Response', Noted);

define(Response, 'json', (value: unknown, init: ResponseInit = {}) => {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`Response.json() cannot express ${String(value)}`);
  const headers = new Headers(init.headers);
  if (!headers.has(TYPE)) headers.set(TYPE, 'application/json');
  const { status = 200, statusText = '' } = init;
  return new Noted(text, { status, statusText, headers });
});

function withoutLength(init: ResponseInit | undefined): ResponseInit | undefined {
  if (!init?.headers) return init;
  const headers = new Headers(init.headers);
  if (!headers.has(LENGTH)) return init;
  headers.delete(LENGTH);
  const { status = 200, statusText = '' } = init;
  return { status, statusText, headers };
}

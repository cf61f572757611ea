/**
 * Response.clone, which the engine underneath lacks. A clone takes one half of the body; the other half cannot be put
 * back into the response, so it lies in another response that stands in for it. Evaluated when the engine is built.
 */
import { define } from './define.ts';

const standIns = new WeakMap<Response, Response>();
const standIn = (response: Response): Response => standIns.get(response) ?? response;

for (const name of ['body', 'bodyUsed'] as const) {
  const { get, ...rest } = Object.getOwnPropertyDescriptor(Response.prototype, name)!;
  Object.defineProperty(Response.prototype, name, {
    ...rest,
    get(this: Response) {
      return get!.call(standIn(this));
    },
  });
}
for (const name of ['arrayBuffer', 'blob'] as const) {
  const read: () => Promise<unknown> = Response.prototype[name];
  define(Response.prototype, name, function (this: Response) {
    return read.call(standIn(this));
  });
}

define(Response.prototype, 'clone', function clone(this: Response): Response {
  if (this.bodyUsed || this.body?.locked) throw new TypeError('the body of this Response has been read already');
  const { status, statusText, headers } = this;
  if (!this.body) return new Response(null, { status, statusText, headers });
  const [mine, theirs] = this.body.tee();
  standIns.set(this, new Response(mine, { headers }));
  return new Response(theirs, { status, statusText, headers });
});

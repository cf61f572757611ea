/** A script: from the text of a bundle to something that answers requests. */
import { getEnvironment } from 'wasi:cli/environment@0.2.10';
import { addStores } from './keyvalue.ts';

/** Variables, and key-value stores. */
export type Env = Record<string, unknown>;

/** What `fetch` gets as its third argument. */
export interface Context {
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
}

export type Fetch = (request: Request, env: Env, context: Context) => unknown;

/** Before the text, on its first line, so that lines keep their numbers. */
const PREFIX = '(async()=>{"use strict";';
export const PREFIX_COLUMNS = PREFIX.length;

/** The last statement of a bundle; comments may follow. Its start is found by the caller. */
const EXPORTS = /(?<=^|[\n;}])export\s*\{([^{}]*)\}\s*;?\s*(?:(?:\/\/[^\n]*|\/\*[^]*?\*\/)\s*)*$/y;
/** How far from its end a bundle may have its exports: names of exports, and comments. */
const TAIL_MAX = 65_536;

export class Script {
  private constructor(
    readonly fetch: Fetch,
    readonly env: Env,
  ) {}

  /** Evaluates `text`. Throws what its top level throws, and a TypeError when it has nothing to serve with. */
  static async load(name: string, text: string): Promise<Script> {
    const env: Env = Object.fromEntries(getEnvironment());
    addStores(env);
    const run = (0, eval)(toFunction(name, text)) as () => Promise<{ default?: unknown }>;
    return new Script(fetchOf((await run()).default), env);
  }
}

/** The text as the body of an async function that returns the exports: await works at its top level. */
function toFunction(name: string, text: string): string {
  let body = text;
  let exports = '';
  const first = Math.max(0, text.length - TAIL_MAX);
  for (let at = text.lastIndexOf('export'); at >= first; at = at === 0 ? -1 : text.lastIndexOf('export', at - 1)) {
    EXPORTS.lastIndex = at;
    const found = EXPORTS.exec(text);
    if (!found) continue;
    body = text.slice(0, at);
    exports = (found[1] ?? '').split(',').map((item) => item.trim()).filter(Boolean).map(toGetter).join(',');
    break;
  }
  return `${PREFIX}${body}\nreturn{${exports}}})\n//# sourceURL=${name}`;
}

function toGetter(item: string): string {
  const [local, exported = local] = item.split(/\s+as\s+/);
  return `get ${exported}(){return ${local}}`;
}

function fetchOf(exported: unknown): Fetch {
  const worker = exported as { fetch?: unknown } | undefined | null;
  if (typeof worker?.fetch === 'function') return (...call) => (worker as { fetch: Fetch }).fetch(...call);
  if (typeof exported === 'function') return exported as Fetch;
  throw new TypeError('the script has no `export default { fetch(request, env, ctx) }`');
}

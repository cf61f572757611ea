/** `env.KV`, as code for Workers expects it, over the host's key-value stores. */
import * as host from 'peko:js/key-value@0.1.0';
import { operationDone, ownView } from './host.ts';

type Type = 'text' | 'json' | 'arrayBuffer' | 'stream';
type Options = Type | { type?: Type; cacheTtl?: number };

interface PutOptions {
  expiration?: number;
  expirationTtl?: number;
  metadata?: unknown;
}

interface ListOptions {
  prefix?: string | null;
  limit?: number;
  cursor?: string | null;
}

const LIST_MAX = 1000;
const encode = TextEncoder.prototype.encode.bind(new TextEncoder());
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const { Response } = globalThis; // scripts may replace theirs

/** Waits until an operation of the host is done; `take` then returns what came of it. */
async function perform<T>(name: string, begin: () => bigint, take: (operation: bigint) => T): Promise<T> {
  try {
    const operation = begin();
    await operationDone(operation);
    return take(operation);
  } catch (error) {
    const { payload } = error as { payload?: unknown };
    throw payload === undefined ? error : new Error(`${name}: ${String(payload)}`);
  }
}

export class KVNamespace {
  readonly #store: string;
  readonly #name: string;

  constructor(store: string, name: string) {
    this.#store = store;
    this.#name = `env.${name}`;
  }

  async get(key: string | string[], options?: Options): Promise<unknown> {
    if (!Array.isArray(key)) return (await this.getWithMetadata(key, options) as Found).value;
    const found = (await this.getWithMetadata(key, options)) as Map<string, Found>;
    return new Map([...found].map(([name, { value }]) => [name, value]));
  }

  async getWithMetadata(key: string | string[], options?: Options): Promise<unknown> {
    const type = (typeof options === 'string' ? options : options?.type) ?? 'text';
    const convert = CONVERT[type];
    if (!convert) throw new TypeError(`${this.#name}.get: the type is "text", "json", "arrayBuffer" or "stream"`);
    const keys = (Array.isArray(key) ? key : [key]).map(String);
    const begin = () => host.get(this.#store, keys);
    const entries = await perform(`${this.#name}.get`, begin, host.takeEntries);
    const found = entries.map((entry) => ({
      value: entry ? convert(ownView(entry.value)) : null,
      metadata: entry?.metadata === undefined ? null : (JSON.parse(entry.metadata) as unknown),
      cacheStatus: null,
    }));
    return Array.isArray(key) ? new Map(keys.map((name, at) => [name, found[at]])) : found[0];
  }

  async put(key: string, value: unknown, options: PutOptions = {}): Promise<void> {
    const name = `${this.#name}.put`;
    const bytes = await toBytes(value, name);
    const metadata = options.metadata === undefined ? undefined : JSON.stringify(options.metadata);
    const begin = () => host.put(this.#store, String(key), bytes, metadata, expiry(options, name));
    await perform(name, begin, host.takeDone);
  }

  async delete(key: string): Promise<void> {
    await perform(`${this.#name}.delete`, () => host.delete(this.#store, String(key)), host.takeDone);
  }

  async list(options: ListOptions = {}): Promise<unknown> {
    const { prefix, limit = LIST_MAX, cursor } = options;
    const begin = () => host.list(this.#store, prefix ?? '', toLimit(limit, this.#name), cursor || undefined);
    const page = await perform(`${this.#name}.list`, begin, host.takePage);
    const keys = page.keys.map(({ key, metadata, expires }) => ({
      name: key,
      ...(expires === undefined ? {} : { expiration: Number(expires) }),
      ...(metadata === undefined ? {} : { metadata: JSON.parse(metadata) as unknown }),
    }));
    const done = page.cursor === undefined;
    return { keys, list_complete: done, ...(done ? {} : { cursor: page.cursor }), cacheStatus: null };
  }
}

interface Found {
  value: unknown;
  metadata: unknown;
}

const CONVERT: Record<Type, (bytes: Uint8Array<ArrayBuffer>) => unknown> = {
  text: decode,
  json: (bytes) => JSON.parse(decode(bytes)) as unknown,
  arrayBuffer: (bytes) => (bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer),
  stream: (bytes) => new Response(bytes).body,
};

async function toBytes(value: unknown, name: string): Promise<Uint8Array> {
  if (typeof value === 'string') return encode(value);
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (value instanceof ReadableStream) return new Uint8Array(await new Response(value).arrayBuffer());
  throw new TypeError(`${name}: a value is a string, an ArrayBuffer, a view of one, or a ReadableStream`);
}

/** Seconds since 1970. */
function expiry({ expiration, expirationTtl }: PutOptions, name: string): bigint | undefined {
  const given = expirationTtl ?? expiration;
  if (given === undefined || given === null) return undefined;
  const begins = expirationTtl === undefined || expirationTtl === null ? 0 : Date.now() / 1000;
  const at = Math.ceil(begins + given);
  if (given > 0 && Number.isSafeInteger(at)) return BigInt(at);
  throw new TypeError(`${name}: an expiration is a number of seconds`);
}

function toLimit(limit: number, name: string): number {
  if (Number.isInteger(limit) && limit > 0) return Math.min(limit, LIST_MAX);
  throw new TypeError(`${name}.list: the limit is a number from 1 to ${LIST_MAX}`);
}

/** What a script's `env` has beside its variables, which come first where they have the same name. */
export function addStores(env: Record<string, unknown>): void {
  for (const store of host.stores()) {
    const name = store === 'default' ? 'KV' : store;
    if (!Object.hasOwn(env, name)) env[name] = new KVNamespace(store, name);
  }
}

/**
 * What a JavaScript function of Peko exports and is given. The web's own classes (Request, Response, URL, ...) are
 * those of TypeScript's library "WebWorker"; docs/javascript.md says which of them exist.
 *
 *     import type { ExportedHandler } from '@peko/types';
 *
 *     export default {
 *       async fetch(request, env, ctx) {
 *         return new Response(`Hello from ${new URL(request.url).pathname}, ${env.NAME}`);
 *       },
 *     } satisfies ExportedHandler<{ NAME: string }>;
 */

/**
 * The default export of a function. `Env` names the variables of [env] in its peko.toml, its secrets and its key-value
 * stores: `{ NAME: string; KV: KVNamespace }`.
 */
export interface ExportedHandler<Env = Record<string, string | undefined>> {
  /**
   * Answers one request. Called for one request after another on the same instance, never for two at once. What it
   * throws is answered by status 500 (PEKO-EXCEPTION), and the log has the error with its stack.
   */
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response>;
}

/** What belongs to one call of `fetch`. */
export interface ExecutionContext {
  /** Keeps the instance at work until `promise` settles, after the response was sent. A rejection goes to the log. */
  waitUntil(promise: Promise<unknown>): void;
  /** Does nothing: there is no origin behind a function. For code that was written for platforms with one. */
  passThroughOnException(): void;
}

/**
 * A key-value store. Each function has one as `env.KV`; those that `stores` in [keyvalue] of its peko.toml names are beside
 * it under their names. What was put is on the disk when the promise resolves, and every later `get` sees it.
 *
 * Keys have at most 512 bytes, values 25 MiB. A promise is rejected when the store cannot do it (the quota is reached, ...).
 */
export interface KVNamespace {
  /** The value, or null when there is none. */
  get(key: string, type?: 'text' | KVGetOptions<'text'>): Promise<string | null>;
  get<Value = unknown>(key: string, type: 'json' | KVGetOptions<'json'>): Promise<Value | null>;
  get(key: string, type: 'arrayBuffer' | KVGetOptions<'arrayBuffer'>): Promise<ArrayBuffer | null>;
  get(key: string, type: 'stream' | KVGetOptions<'stream'>): Promise<ReadableStream<Uint8Array> | null>;
  /** Those of at most 1,000 keys. */
  get(keys: string[], type?: 'text' | KVGetOptions<'text'>): Promise<Map<string, string | null>>;
  get<Value = unknown>(keys: string[], type: 'json' | KVGetOptions<'json'>): Promise<Map<string, Value | null>>;

  getWithMetadata<Metadata = unknown>(
    key: string,
    type?: 'text' | KVGetOptions<'text'>,
  ): Promise<KVFound<string, Metadata>>;
  getWithMetadata<Value = unknown, Metadata = unknown>(
    key: string,
    type: 'json' | KVGetOptions<'json'>,
  ): Promise<KVFound<Value, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: string,
    type: 'arrayBuffer' | KVGetOptions<'arrayBuffer'>,
  ): Promise<KVFound<ArrayBuffer, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    key: string,
    type: 'stream' | KVGetOptions<'stream'>,
  ): Promise<KVFound<ReadableStream<Uint8Array>, Metadata>>;
  getWithMetadata<Metadata = unknown>(
    keys: string[],
    type?: 'text' | KVGetOptions<'text'>,
  ): Promise<Map<string, KVFound<string, Metadata>>>;

  /** Replaces the entry as a whole. A stream is read to its end before. */
  put(key: string, value: string | ArrayBuffer | ArrayBufferView | ReadableStream, options?: KVPutOptions): Promise<void>;
  /** Succeeds also when there is none. */
  delete(key: string): Promise<void>;
  /** Keys in the order of their bytes. */
  list<Metadata = unknown>(options?: KVListOptions): Promise<KVList<Metadata>>;
}

export interface KVGetOptions<Type extends string> {
  type: Type;
  /** Means nothing here: there is no cache between a function and its store. */
  cacheTtl?: number;
}

export interface KVFound<Value, Metadata> {
  value: Value | null;
  metadata: Metadata | null;
  cacheStatus: null;
}

export interface KVPutOptions {
  /** When the entry is gone, in seconds since 1970. */
  expiration?: number;
  /** ... in seconds from now on. Comes first. */
  expirationTtl?: number;
  /** At most 1,024 bytes as JSON. */
  metadata?: unknown;
}

export interface KVListOptions {
  prefix?: string | null;
  /** 1 to 1,000, which is the default. */
  limit?: number;
  /** Of the page before. */
  cursor?: string | null;
}

export interface KVList<Metadata> {
  /** May be fewer than the limit, or none, and there may be more all the same: `list_complete` tells. */
  keys: { name: string; expiration?: number; metadata?: Metadata }[];
  list_complete: boolean;
  /** Unless it is complete. */
  cursor?: string;
  cacheStatus: null;
}

/** Kept answers, in the function's key-value store: one entry holds head and body, so that they always belong together. */
import type { KVNamespace } from '@peko/types';
import type { Life } from './policy';

export interface Kept {
  status: number;
  headers: [string, string][];
  life: Life;
  body: Uint8Array<ArrayBuffer>;
}

const TTL_MIN = 60; // of key-value stores
const LINE_END = 10;
/** An answer that is stale for good is kept a day longer, as long as it has a tag to ask the origin with. */
const A_DAY = 86_400;

export class Store {
  constructor(private readonly kv: KVNamespace) {}

  async get(key: string): Promise<Kept | undefined> {
    const stored = await this.kv.get(key, 'arrayBuffer');
    if (!stored) return undefined;
    const bytes = new Uint8Array(stored);
    const end = bytes.indexOf(LINE_END);
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
    return { ...head, body: bytes.slice(end + 1) };
  }

  async put(key: string, { body, ...head }: Kept): Promise<void> {
    const line = new TextEncoder().encode(`${JSON.stringify(head)}\n`);
    const bytes = new Uint8Array(line.length + body.length);
    bytes.set(line);
    bytes.set(body, line.length);
    const { fresh, staleWhileRevalidate, staleIfError } = head.life;
    await this.kv.put(key, bytes.buffer, { expirationTtl: Math.max(TTL_MIN, fresh + Math.max(staleWhileRevalidate, staleIfError, A_DAY)) });
  }

  async remove(key: string): Promise<void> {
    await this.kv.delete(key);
  }
}

/** The key of what is asked for: keys are short, addresses need not be. */
export async function keyOf(url: string, accept: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${accept}\n${url}`));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The links, in the function's key-value store: one entry each, which the store itself removes when its time is over. */
import type { KVNamespace } from '@peko/types';

export interface Link extends Dates {
  slug: string;
  url: string;
}

/** An entry's metadata; its value is the URL alone, which is all that a visit needs. */
interface Dates {
  created_at: string;
  /** When it ends; null: never. */
  expires_at: string | null;
}

/** What a slug may be. */
export const SLUG = /[a-zA-Z0-9_-]{3,64}/;

const PREFIX = 'link:';
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789'; // 32, none of which looks like another
const SLUG_LETTERS = 8;

export class Links {
  constructor(private readonly kv: KVNamespace) {}

  async find(slug: string): Promise<Link | undefined> {
    const { value: url, metadata } = await this.kv.getWithMetadata<Dates>(PREFIX + slug);
    return url !== null && metadata !== null ? { slug, url, ...metadata } : undefined;
  }

  /** Where it leads. */
  target(slug: string): Promise<string | null> {
    return this.kv.get(PREFIX + slug);
  }

  /** One page, in the order of slugs; nothing when no page has given this cursor. */
  async page(limit: number, cursor: string | undefined): Promise<{ links: Link[]; cursor: string | null } | undefined> {
    const page = await this.list(limit, cursor);
    if (!page) return undefined;
    const names = page.keys.map(({ name }) => name);
    const urls = names.length > 0 ? await this.kv.get(names) : new Map<string, string | null>();
    const links = page.keys.flatMap(({ name, metadata }) => {
      const url = urls.get(name);
      return url && metadata ? { slug: name.slice(PREFIX.length), url, ...metadata } : []; // else its time was over just now
    });
    return { links, cursor: page.cursor ?? null };
  }

  private async list(limit: number, cursor: string | undefined) {
    try {
      return await this.kv.list<Dates>({ prefix: PREFIX, limit, cursor });
    } catch (error) {
      if (!cursor) throw error;
      await this.kv.list({ prefix: PREFIX, limit: 1 }); // throws when it is the store that fails, not the cursor
      return undefined;
    }
  }

  /** The new link; nothing when its slug is taken. Of two who ask for one slug at the same time, the later gets it. */
  async add(url: string, slug: string | undefined, seconds: number | undefined): Promise<Link | undefined> {
    if (slug !== undefined && (await this.target(slug)) !== null) return undefined;
    const chosen = slug ?? randomSlug();
    const now = Date.now();
    const dates: Dates = {
      created_at: new Date(now).toISOString(),
      expires_at: seconds === undefined ? null : new Date(now + seconds * 1000).toISOString(),
    };
    await this.kv.put(PREFIX + chosen, url, { metadata: dates, expirationTtl: seconds });
    return { slug: chosen, url, ...dates };
  }

  /** Whether there was one. */
  async remove(slug: string): Promise<boolean> {
    if ((await this.target(slug)) === null) return false;
    await this.kv.delete(PREFIX + slug);
    return true;
  }
}

function randomSlug(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(SLUG_LETTERS)), (byte) => LETTERS[byte % LETTERS.length]).join('');
}

/** The links, in the function's key-value store: one entry each, which the store itself removes when its time is over. */
import type { KVNamespace } from '@peko/types';

export interface Link {
  slug: string;
  url: string;
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
    return (await this.kv.get<Link>(PREFIX + slug, 'json')) ?? undefined;
  }

  /** One page, by slug. A link is its entry's metadata too, so that a list takes no look-up for each. */
  async page(limit: number, cursor: string | undefined): Promise<{ links: Link[]; cursor: string | null }> {
    const page = await this.kv.list<Link>({ prefix: PREFIX, limit, cursor });
    return { links: page.keys.flatMap(({ metadata }) => metadata ?? []), cursor: page.list_complete ? null : page.cursor };
  }

  /** The new link; nothing when its slug is taken. Of two who ask for one slug at the same time, the later gets it. */
  async add(url: string, slug: string | undefined, seconds: number | undefined): Promise<Link | undefined> {
    if (slug !== undefined && (await this.find(slug))) return undefined;
    const now = Date.now();
    const link: Link = {
      slug: slug ?? randomSlug(),
      url,
      created_at: new Date(now).toISOString(),
      expires_at: seconds === undefined ? null : new Date(now + seconds * 1000).toISOString(),
    };
    await this.kv.put(PREFIX + link.slug, JSON.stringify(link), { metadata: link, expirationTtl: seconds });
    return link;
  }

  /** Whether there was one. */
  async remove(slug: string): Promise<boolean> {
    if (!(await this.find(slug))) return false;
    await this.kv.delete(PREFIX + slug);
    return true;
  }
}

function randomSlug(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(SLUG_LETTERS)), (byte) => LETTERS[byte % LETTERS.length]).join('');
}

/** The todos, in the function's key-value store: one entry each. */
import type { KVNamespace } from '@peko/types';
import type { Fields } from './input';

export interface Todo extends Fields {
  id: string;
  created_at: string;
  updated_at: string;
}

const PREFIX = 'todo:';

export class Todos {
  constructor(private readonly kv: KVNamespace) {}

  find(id: string): Promise<Todo | null> {
    return this.kv.get<Todo>(PREFIX + id, 'json');
  }

  /** One page, the oldest first; null when no page has given this cursor. */
  async page(limit: number, cursor: string | undefined): Promise<{ items: Todo[]; cursor: string | null } | null> {
    const page = await this.list(limit, cursor);
    if (!page) return null;
    const names = page.keys.map(({ name }) => name);
    const found = names.length > 0 ? await this.kv.get<Todo>(names, 'json') : new Map<string, Todo | null>();
    return { items: [...found.values()].filter((todo) => todo !== null), cursor: page.cursor ?? null };
  }

  private async list(limit: number, cursor: string | undefined) {
    try {
      return await this.kv.list({ prefix: PREFIX, limit, cursor });
    } catch (error) {
      if (!cursor) throw error;
      await this.kv.list({ prefix: PREFIX, limit: 1 }); // throws when it is the store that fails, not the cursor
      return null;
    }
  }

  async add(fields: Fields): Promise<Todo> {
    const now = new Date();
    // Keys are listed in the order of their bytes: ids begin with the time.
    const id = `${now.getTime().toString(36).padStart(9, '0')}-${crypto.randomUUID().slice(0, 8)}`;
    const todo = { id, ...fields, created_at: now.toISOString(), updated_at: now.toISOString() };
    await this.kv.put(PREFIX + id, JSON.stringify(todo));
    return todo;
  }

  /** The changed todo; null when there is none. Of two changes at the same time the later wins. */
  async change(id: string, fields: Partial<Fields>): Promise<Todo | null> {
    const todo = await this.find(id);
    if (!todo) return null;
    const changed = { ...todo, ...fields, updated_at: new Date().toISOString() };
    await this.kv.put(PREFIX + id, JSON.stringify(changed));
    return changed;
  }

  /** Whether there was one. */
  async remove(id: string): Promise<boolean> {
    if (!(await this.find(id))) return false;
    await this.kv.delete(PREFIX + id);
    return true;
  }
}

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

  /** One page, the oldest first. */
  async page(limit: number, cursor: string | undefined): Promise<{ items: Todo[]; cursor: string | null }> {
    const page = await this.kv.list({ prefix: PREFIX, limit, cursor });
    const names = page.keys.map(({ name }) => name);
    const found = names.length > 0 ? await this.kv.get<Todo>(names, 'json') : new Map<string, Todo | null>();
    return { items: [...found.values()].filter((todo) => todo !== null), cursor: page.cursor ?? null };
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

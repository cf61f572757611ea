/** A JSON API of todos without a framework: which address does what. */
import type { ExportedHandler, KVNamespace } from '@peko/types';
import { readObject, todoFields } from './input';
import { Problem } from './problem';
import { Todos } from './todos';

interface Env {
  KV: KVNamespace;
}

const LIMIT_MAX = 100;

export default {
  async fetch(request, env) {
    try {
      return await answer(request, new Todos(env.KV));
    } catch (error) {
      if (error instanceof Problem) return error.response();
      throw error; // Peko answers 500 and logs it with its file and line
    }
  },
} satisfies ExportedHandler<Env>;

async function answer(request: Request, todos: Todos): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  const id = /^\/todos\/([a-z0-9-]{1,64})$/.exec(pathname)?.[1];
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (pathname === '/todos') {
    switch (method) {
      case 'GET':
        return Response.json((await todos.page(limitOf(searchParams), searchParams.get('cursor') || undefined)) ?? noSuchCursor());
      case 'POST': {
        const todo = await todos.add(todoFields(await readObject(request), 'whole'));
        return Response.json(todo, { status: 201, headers: { location: `/todos/${todo.id}` } });
      }
    }
    throw notAllowed('GET, HEAD, POST');
  }
  if (id !== undefined) {
    switch (method) {
      case 'GET':
        return Response.json((await todos.find(id)) ?? noSuch(id));
      case 'PUT':
        return Response.json((await todos.change(id, todoFields(await readObject(request), 'whole'))) ?? noSuch(id));
      case 'PATCH':
        return Response.json((await todos.change(id, todoFields(await readObject(request), 'part'))) ?? noSuch(id));
      case 'DELETE':
        return (await todos.remove(id)) ? new Response(null, { status: 204 }) : noSuch(id);
    }
    throw notAllowed('GET, HEAD, PUT, PATCH, DELETE');
  }
  throw new Problem(404, `There is nothing at ${pathname}; todos are at /todos.`);
}

function limitOf(query: URLSearchParams): number {
  const text = query.get('limit') || '20';
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= LIMIT_MAX) return limit;
  throw Problem.invalid([{ field: 'limit', message: `must be a whole number from 1 to ${LIMIT_MAX}` }]);
}

function noSuchCursor(): never {
  throw Problem.invalid([{ field: 'cursor', message: 'is none that a page has given' }]);
}

function noSuch(id: string): never {
  throw new Problem(404, `There is no todo ${id}.`);
}

function notAllowed(allow: string): Problem {
  return new Problem(405, `This address answers to ${allow} only.`, { headers: { allow } });
}

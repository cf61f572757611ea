import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isForeign, serve } from './peko.mjs';

let server;
before(async () => (server = await serve()));
after(() => server?.stop());

async function ask(method, path, body, headers = {}) {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(server.url + path, { method, body: text, headers: { 'content-type': 'application/json', ...headers } });
  const got = await response.text();
  return { status: response.status, headers: response.headers, text: got, json: () => JSON.parse(got) };
}

function assertProblem(answer, status, fields) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  assert.deepEqual(answer.json().errors?.map(({ field }) => field).sort(), fields?.sort());
}

test('a new todo can be read, changed, replaced and removed', async () => {
  const made = await ask('POST', '/todos', { title: '  Buy milk ', due: '2028-02-29' });
  assert.equal(made.status, 201, made.text);
  const todo = made.json();
  const address = made.headers.get('location');
  assert.equal(address, `/todos/${todo.id}`);
  assert.deepEqual([todo.title, todo.notes, todo.done, todo.due], ['Buy milk', '', false, '2028-02-29']);

  assert.deepEqual((await ask('GET', address)).json(), todo);
  const changed = (await ask('PATCH', address, { done: true })).json();
  assert.deepEqual([changed.title, changed.done, changed.due], ['Buy milk', true, '2028-02-29']);
  assert.equal((await ask('PATCH', address, { due: null })).json().due, null);
  const replaced = (await ask('PUT', address, { title: 'Buy oat milk' })).json();
  assert.deepEqual([replaced.title, replaced.done, replaced.created_at], ['Buy oat milk', false, todo.created_at]);

  const removed = await ask('DELETE', address);
  assert.deepEqual([removed.status, removed.text], [204, '']);
  assertProblem(await ask('GET', address), 404);
  assertProblem(await ask('PATCH', address, { done: true }), 404);
  assertProblem(await ask('DELETE', address), 404);
});

test('pages lead through all todos, the oldest first', async () => {
  const ids = [];
  for (let i = 0; i < 5; i++) ids.push((await ask('POST', '/todos', { title: `page ${i}` })).json().id);
  const seen = [];
  let cursor = '';
  do {
    const page = (await ask('GET', `/todos?limit=2&cursor=${encodeURIComponent(cursor)}`)).json();
    assert.ok(page.items.length <= 2);
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== null);
  assert.deepEqual(seen.filter((id) => ids.includes(id)).sort(), [...ids].sort());
  assert.deepEqual(seen, [...seen].sort());
});

test('wrong fields are reported by name', async () => {
  for (const [body, fields] of [
    [{}, ['title']],
    [{ title: ' ' }, ['title']],
    [{ title: 'two\nlines' }, ['title']],
    [{ title: 'x'.repeat(201), notes: 'y'.repeat(1001), due: '2027-02-29' }, ['due', 'notes', 'title']],
    [{ title: 3, done: 'yes', due: 4, colour: 'red' }, ['colour', 'done', 'due', 'title']],
    [{ title: 'x', toString: 1, ['__proto__x']: 1 }, ['__proto__x', 'toString']],
  ]) {
    assertProblem(await ask('POST', '/todos', body), 400, fields);
  }
  for (const due of ['soon', '2027-13-01', '2027-04-31', '2027-1-1']) {
    assertProblem(await ask('POST', '/todos', { title: 'x', due }), 400, ['due']);
  }
  for (const limit of ['0', '101', '-1', 'ten']) assertProblem(await ask('GET', `/todos?limit=${limit}`), 400, ['limit']);
});

test('a cursor that no page has given is reported', { skip: isForeign && 'what a cursor is, the store decides' }, async () => {
  for (const cursor of ['!', 'x', 'a'.repeat(2000)]) assertProblem(await ask('GET', `/todos?cursor=${cursor}`), 400, ['cursor']);
  assert.equal((await ask('GET', '/todos?cursor=')).status, 200);
});

test('what is not there is 404, whatever its length', async () => {
  for (const id of ['none', 'x'.repeat(600)]) assertProblem(await ask('GET', `/todos/${id}`), 404);
});

test('a body that is not a todo is refused', async () => {
  for (const body of ['', '{', '[]', '"x"', 'null', '\x00']) assertProblem(await ask('POST', '/todos', body), 400);
  assertProblem(await ask('POST', '/todos', { title: 'x'.repeat(70_000) }), 413);
  assertProblem(await ask('POST', '/todos', '{"title": "x"}', { 'content-type': 'text/plain' }), 415);
});

test('unknown addresses are 404 and wrong methods 405 with allow', async () => {
  for (const path of ['/', '/nothing', '/todos/', '/todos/none', '/todos/A', '/todos/x/y']) assertProblem(await ask('GET', path), 404);
  const answer = await ask('DELETE', '/todos');
  assertProblem(answer, 405);
  assert.equal(answer.headers.get('allow'), 'GET, HEAD, POST');
});

test('todos survive a restart', { skip: isForeign && 'the server is not ours' }, async () => {
  const address = (await ask('POST', '/todos', { title: 'kept' })).headers.get('location');
  await server.restart();
  assert.equal((await ask('GET', address)).json().title, 'kept');
});

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isForeign, serve } from './peko.mjs';

let server;
before(async () => (server = await serve()));
after(() => server?.stop());

const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** One request; redirects are not followed. `body` is sent as JSON. */
async function ask(method, path, body, headers = {}, at = server.url) {
  const json = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(at + path, { method, redirect: 'manual', headers: { ...type, ...headers }, ...json });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
}

function assertProblem(answer, status, fields) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json');
  const problem = answer.json();
  assert.equal(problem.status, status);
  assert.match(problem.detail, /\.$/);
  assert.deepEqual(problem.errors?.map(({ field }) => field).sort(), fields?.sort());
}

/** Names that no earlier run has used. */
const unique = Date.now().toString(36);

test('a link leads where it points, until it is removed', async () => {
  const made = await ask('POST', '/links', { url: 'https://example.com/a?b=c#d' });
  assert.equal(made.status, 201, made.text);
  const link = made.json();
  assert.match(link.slug, /^[a-z2-9]{8}$/);
  assert.equal(made.headers.get('location'), `/links/${link.slug}`);
  assert.equal(link.expires_at, null);
  assert.ok(Math.abs(Date.parse(link.created_at) - Date.now()) < 60_000);

  assert.deepEqual((await ask('GET', `/links/${link.slug}`)).json(), link);
  const visit = await ask('GET', `/${link.slug}`);
  assert.equal(visit.status, 302);
  assert.equal(visit.headers.get('location'), 'https://example.com/a?b=c#d');

  const removed = await ask('DELETE', `/links/${link.slug}`);
  assert.deepEqual([removed.status, removed.text], [204, '']);
  for (const [method, path] of [['GET', '/'], ['GET', '/links/'], ['DELETE', '/links/']]) {
    assertProblem(await ask(method, path + link.slug), 404);
  }
});

test('a link may be long, and in letters of any script', async () => {
  const written = `https://exämple.com/ü?${'x'.repeat(2000)}`;
  const url = `https://xn--exmple-cua.com/%C3%BC?${'x'.repeat(2000)}`;
  const link = (await ask('POST', '/links', { url: written })).json();
  assert.equal((await ask('GET', `/${link.slug}`)).headers.get('location'), url);
  assert.equal((await ask('GET', `/links/${link.slug}`)).json().url, url);
});

test('a slug of one\'s own is taken once', async () => {
  const slug = `mine-${unique}`;
  assert.equal((await ask('POST', '/links', { url: 'http://a.example', slug })).status, 201);
  assertProblem(await ask('POST', '/links', { url: 'http://b.example', slug }), 409);
  assert.equal((await ask('GET', `/${slug}`)).headers.get('location'), 'http://a.example/');
});

test('a link may end by itself', async () => {
  const link = (await ask('POST', '/links', { url: 'https://example.com', expires_in: 3600 })).json();
  assert.equal(Date.parse(link.expires_at) - Date.parse(link.created_at), 3_600_000);
});

test('pages lead through all links, each once', async () => {
  const slugs = Array.from({ length: 5 }, (_, i) => `page-${unique}-${i}`);
  for (const slug of slugs) await ask('POST', '/links', { url: 'https://example.com', slug });
  const seen = [];
  for (let cursor = null, pages = 0; pages < 1000; pages++) {
    const page = (await ask('GET', `/links?limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)).json();
    assert.ok(page.links.length <= 2);
    seen.push(...page.links.map(({ slug }) => slug));
    cursor = page.cursor;
    if (cursor === null) break;
  }
  assert.equal(new Set(seen).size, seen.length);
  assert.deepEqual(seen.filter((slug) => slug.startsWith(`page-${unique}`)), slugs);
});

test('wrong fields are reported by name', async () => {
  for (const [body, fields] of [
    [{}, ['url']],
    [{ url: 'ftp://example.com' }, ['url']],
    [{ url: 'not a url' }, ['url']],
    [{ url: 7, slug: 'a b', expires_in: '3600' }, ['expires_in', 'slug', 'url']],
    [{ url: 'https://example.com', slug: 'links' }, ['slug']],
    [{ url: 'https://example.com', slug: 'no' }, ['slug']],
    [{ url: 'https://example.com', expires_in: 59 }, ['expires_in']],
    [{ url: 'https://example.com', expires_in: 90.5 }, ['expires_in']],
    [{ url: 'https://example.com', colour: 'red' }, ['colour']],
    [{ url: `https://example.com/${'x'.repeat(2048)}` }, ['url']],
  ]) {
    assertProblem(await ask('POST', '/links', body), 400, fields);
  }
  for (const limit of ['0', '101', '-1', '1.5', 'ten']) assertProblem(await ask('GET', `/links?limit=${limit}`), 400, ['limit']);
  assertProblem(await ask('GET', '/links?page=2'), 400, ['page']);
});

test('a cursor that no page has given is reported', { skip: isForeign && 'what a cursor is, the store decides' }, async () => {
  for (const cursor of ['!', 'x', 'a'.repeat(2000)]) assertProblem(await ask('GET', `/links?cursor=${cursor}`), 400, ['cursor']);
  assert.equal((await ask('GET', '/links?cursor=')).status, 200);
});

test('a body that is no JSON object, or too long, is refused', async () => {
  for (const body of ['{', '\x00', '{"url": "https://']) assertProblem(await ask('POST', '/links', body), 400);
  assert.equal((await ask('POST', '/links', '[]')).status, 400);
  assertProblem(await ask('POST', '/links', '{}', { 'content-type': 'text/plain' }), 400, ['url']);
  assertProblem(await ask('POST', '/links', { url: 'https://example.com', slug: 'x'.repeat(20_000) }), 413);
});

test('what is not there is 404 in JSON', async () => {
  const long = 'x'.repeat(600);
  for (const path of ['/favicon.ico', '/a/b/c', '/links/none/more', '/xy', `/links/${long}`, `/${long}`]) {
    assertProblem(await ask('GET', path), 404);
  }
  assertProblem(await ask('DELETE', `/links/${long}`), 404);
});

test('browsers of other origins may use it, and answers carry the usual protections', async () => {
  const asked = await ask('OPTIONS', '/links', undefined, { origin: 'https://app.example', 'access-control-request-method': 'POST' });
  assert.equal(asked.status, 204);
  assert.equal(asked.headers.get('access-control-allow-origin'), '*');
  const front = await ask('GET', '/');
  assert.equal(front.status, 200);
  assert.equal(front.headers.get('x-content-type-options'), 'nosniff');
});

test('HEAD answers like GET without a body', async () => {
  const head = await ask('HEAD', '/');
  assert.deepEqual([head.status, head.text, head.headers.get('content-type')], [200, '', 'application/json']);
});

test('links survive a restart', { skip: isForeign && 'the server is not ours' }, async () => {
  const slug = `kept-${unique}`;
  await ask('POST', '/links', { url: 'https://example.com/kept', slug });
  await server.restart();
  assert.equal((await ask('GET', `/${slug}`)).headers.get('location'), 'https://example.com/kept');
});

test('with a token, only those who have it may write', { skip: isForeign && 'the server is not ours' }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'hono-api-'));
  t.after(() => rmSync(folder, { recursive: true }));
  cpSync(join(PROJECT, 'src'), join(folder, 'src'), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'peko.toml'), readFileSync(join(PROJECT, 'peko.toml'), 'utf8').replace('[env]', '[env]\nAPI_TOKEN = "s3cret"'));
  const guarded = await serve(folder);
  t.after(() => guarded.stop());
  const write = (headers) => ask('POST', '/links', { url: 'https://example.com', slug: 'guarded' }, headers, guarded.url);
  const refused = await write({});
  assertProblem(refused, 401);
  assert.match(refused.headers.get('www-authenticate'), /^Bearer/);
  assertProblem(await write({ authorization: 'Bearer wrong' }), 401);
  assert.equal((await write({ authorization: 'Bearer s3cret' })).status, 201);
  assertProblem(await ask('DELETE', '/links/guarded', undefined, {}, guarded.url), 401);
  assert.equal((await ask('GET', '/guarded', undefined, {}, guarded.url)).status, 302);
});

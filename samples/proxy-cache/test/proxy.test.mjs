import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startOrigin } from './origin.mjs';
import { serve } from './peko.mjs';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const SOON_MS = 20_000;

let origin, server, folder;
before(async () => {
  origin = await startOrigin();
  // This project, but in front of the tests' own origin.
  folder = mkdtempSync(join(tmpdir(), 'proxy-cache-'));
  cpSync(join(PROJECT, 'src'), join(folder, 'src'), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  const manifest = readFileSync(join(PROJECT, 'peko.toml'), 'utf8').replace(/"https:\/\/[^"]*"/g, JSON.stringify(origin.url));
  writeFileSync(join(folder, 'peko.toml'), manifest);
  server = await serve(folder);
});
after(async () => {
  await server?.stop();
  origin.close();
  rmSync(folder, { recursive: true });
});

async function ask(path, options = {}) {
  const response = await fetch(server.url + path, { redirect: 'manual', ...options });
  return { status: response.status, headers: response.headers, text: await response.text(), cache: response.headers.get('cache-status') };
}

/** Asks until the answer is as wanted: what happens after an answer was sent takes a moment. */
async function askUntil(path, wanted) {
  const end = Date.now() + SOON_MS;
  for (;;) {
    const answer = await ask(path);
    if (wanted(answer)) return answer;
    assert.ok(Date.now() < end, `still ${answer.status}, ${answer.cache}, ${answer.text}`);
  }
}

test('a fresh answer comes from the store, with its age', async () => {
  origin.answers['/fresh?a=1'] = { headers: { 'cache-control': 'max-age=600', age: '5', 'x-of': 'origin' }, body: 'one' };
  const first = await ask('/fresh?a=1', { headers: { cookie: 'secret=1', authorization: 'Bearer secret' } });
  assert.deepEqual([first.status, first.text, first.cache], [200, 'one', 'proxy-cache; fwd=uri-miss; stored']);
  const { headers } = origin.last('/fresh?a=1');
  assert.deepEqual([headers.cookie, headers.authorization], [undefined, undefined], 'what is for one client is not sent');
  const again = await askUntil('/fresh?a=1', ({ cache }) => cache.includes('hit'));
  assert.match(again.cache, /^proxy-cache; hit; ttl=5\d\d$/);
  assert.deepEqual([again.status, again.text, again.headers.get('x-of')], [200, 'one', 'origin']);
  assert.ok(Number(again.headers.get('age')) >= 5);
  const count = origin.count('/fresh?a=1');
  for (let i = 0; i < 20; i++) await ask('/fresh?a=1');
  assert.equal(origin.count('/fresh?a=1'), count);
});

test('a stale answer is served while the next one is fetched', async () => {
  origin.answers['/swr'] = { headers: { 'cache-control': 'max-age=60, stale-while-revalidate=600', age: '90' }, body: 'old' };
  assert.equal((await ask('/swr')).text, 'old');
  await askUntil('/swr', ({ cache }) => cache.includes('hit'));
  let answerIt;
  const after = new Promise((resolve) => (answerIt = resolve));
  origin.answers['/swr'] = { headers: { 'cache-control': 'max-age=60' }, body: 'new', after };
  const stale = await ask('/swr');
  assert.equal(stale.text, 'old');
  assert.match(stale.cache, /hit; ttl=-\d+$/);
  answerIt();
  const renewed = await askUntil('/swr', ({ text }) => text === 'new');
  assert.match(renewed.cache, /hit; ttl=\d+$/);
});

test('a stale answer that may not be served is asked for again, by its tag', async () => {
  origin.answers['/tag'] = { headers: { 'cache-control': 'no-cache', etag: '"v1"' }, body: 'tagged' };
  await ask('/tag');
  const again = await askUntil('/tag', ({ cache }) => cache.includes('304'));
  assert.deepEqual([again.status, again.text, again.cache], [200, 'tagged', 'proxy-cache; hit; fwd=stale; fwd-status=304']);
  origin.answers['/tag'] = { headers: { 'cache-control': 'no-cache', etag: '"v2"' }, body: 'changed' };
  assert.equal((await ask('/tag')).text, 'changed');
});

test('a client that has the answer is not sent it again', async () => {
  origin.answers['/have'] = { headers: { 'cache-control': 'max-age=600', etag: '"it"' } };
  await ask('/have');
  await askUntil('/have', ({ cache }) => cache.includes('hit'));
  const answer = await ask('/have', { headers: { 'if-none-match': 'W/"it"' } });
  assert.deepEqual([answer.status, answer.text], [304, '']);
});

test('what must not be kept is not', async () => {
  for (const [name, headers] of Object.entries({
    'no-store': { 'cache-control': 'no-store, max-age=600' },
    private: { 'cache-control': 'private, max-age=600' },
    cookie: { 'cache-control': 'max-age=600', 'set-cookie': 'a=1' },
    vary: { 'cache-control': 'max-age=600', vary: '*' },
    silent: {},
    'shared-zero': { 'cache-control': 's-maxage=0, max-age=600' },
  })) {
    origin.answers[`/${name}`] = { headers };
    for (let i = 0; i < 3; i++) assert.equal((await ask(`/${name}`)).cache, 'proxy-cache; fwd=uri-miss', name);
    assert.equal(origin.count(`/${name}`), 3, name);
  }
});

test('an answer without a body is passed on', async () => {
  origin.answers['/empty'] = { status: 204, body: '' };
  const answer = await ask('/empty');
  assert.deepEqual([answer.status, answer.text], [204, '']);
});

test('answers differ by what the client accepts', async () => {
  origin.answers['/kinds'] = { headers: { 'cache-control': 'max-age=600' } };
  const accept = async (kind) => (await ask('/kinds', { headers: { accept: kind } })).cache;
  assert.match(await accept('text/html'), /uri-miss/);
  assert.match(await accept('application/json'), /uri-miss/);
});

test('a large answer passes through whole and is not kept', async () => {
  const body = 'x'.repeat(3 << 20);
  origin.answers['/large'] = { headers: { 'cache-control': 'max-age=600' }, body };
  for (let i = 0; i < 2; i++) {
    const answer = await ask('/large');
    assert.ok(answer.text === body, `${answer.text.length} bytes`);
    assert.match(answer.cache, /uri-miss/);
  }
});

test('a stale answer is better than an origin that fails, when it says so', async () => {
  origin.answers['/failing'] = { headers: { 'cache-control': 'max-age=60, stale-if-error=600', age: '90' }, body: 'old' };
  await ask('/failing');
  await askUntil('/failing', ({ cache }) => cache.includes('fwd=stale'));
  origin.answers['/failing'] = { status: 503, body: 'down' };
  const answer = await ask('/failing');
  assert.deepEqual([answer.status, answer.text, answer.cache], [200, 'old', 'proxy-cache; hit; fwd=stale; fwd-status=503']);
  origin.answers['/failing-too'] = { status: 503, body: 'down' };
  assert.deepEqual([(await ask('/failing-too')).status, (await ask('/failing-too')).text], [503, 'down']);
});

test('a client may ask for a new answer', async () => {
  origin.answers['/reload'] = { headers: { 'cache-control': 'max-age=600' }, body: 'old' };
  await ask('/reload');
  await askUntil('/reload', ({ cache }) => cache.includes('hit'));
  origin.answers['/reload'] = { headers: { 'cache-control': 'max-age=600' }, body: 'new' };
  assert.equal((await ask('/reload', { headers: { 'cache-control': 'no-cache' } })).text, 'new');
  await askUntil('/reload', ({ text, cache }) => text === 'new' && cache.includes('hit'));
});

test('redirects are handed on, and kept like other answers', async () => {
  origin.answers['/moved'] = { status: 301, headers: { location: 'https://example.com/', 'cache-control': 'max-age=600' }, body: '' };
  await ask('/moved');
  const answer = await askUntil('/moved', ({ cache }) => cache.includes('hit'));
  assert.deepEqual([answer.status, answer.headers.get('location')], [301, 'https://example.com/']);
});

test('HEAD is answered from what GET keeps', async () => {
  origin.answers['/head'] = { headers: { 'cache-control': 'max-age=600' }, body: 'twelve bytes' };
  assert.equal((await ask('/head', { method: 'HEAD' })).text, '');
  await askUntil('/head', ({ cache }) => cache.includes('hit'));
  const head = await ask('/head', { method: 'HEAD' });
  assert.deepEqual([head.status, head.text, head.headers.get('content-length')], [200, '', '12']);
});

test('only GET and HEAD pass', async () => {
  const answer = await ask('/fresh', { method: 'POST', body: 'x' });
  assert.deepEqual([answer.status, answer.headers.get('allow')], [405, 'GET, HEAD']);
});

// The last one: there is no origin after it.
test('an origin that is gone is 502', async () => {
  origin.close();
  const answer = await ask('/gone');
  assert.deepEqual([answer.status, answer.text], [502, 'The origin does not answer.\n']);
});

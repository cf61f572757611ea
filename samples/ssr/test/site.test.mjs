import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readPage } from './page.mjs';
import { isForeign, serve } from './peko.mjs';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const VALID = { cloud: 'cumulus', place: 'Skagen, Grenen', day: '2028-02-29', oktas: '3', note: '<b>big & white</b>\nvery' };

let server;
before(async () => (server = await serve()));
after(() => server?.stop());

async function ask(path, { method = 'GET', body, headers = {} } = {}) {
  const send = () => fetch(server.url + path, { method, body, headers, redirect: 'manual' });
  // Where a body was left unread, another server may close the connection just when the next request comes over it.
  const response = await send().catch((error) => (isForeign ? send() : Promise.reject(error)));
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function page(path, status = 200) {
  const answer = await ask(path);
  assert.equal(answer.status, status, path);
  assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8', path);
  assert.match(answer.text, /^<!doctype html><html lang="en">/i);
  return readPage(answer.text);
}

const post = (fields) => ask('/sightings', { method: 'POST', body: new URLSearchParams(fields).toString(), headers: FORM });
const count = (text, part) => text.split(part).length - 1;

test('every link of every page leads somewhere', async () => {
  const seen = new Set();
  const todo = ['/'];
  while (todo.length > 0) {
    const path = todo.pop();
    if (seen.has(path) || !path.startsWith('/')) continue;
    seen.add(path);
    const answer = await ask(path);
    assert.equal(answer.status, 200, path);
    if (answer.headers.get('content-type').startsWith('text/html')) todo.push(...readPage(answer.text).links);
  }
  const below = (prefix) => [...seen].filter((path) => path.startsWith(prefix)).length;
  assert.equal(below('/clouds/'), 10);
  assert.equal(below('/skies/'), 11);
  assert.ok(seen.has('/about') && seen.has('/style.css') && seen.has('/favicon.svg'));
});

test('the list can be narrowed to a level', async () => {
  const shown = async (path) => new Set((await page(path)).links.filter((link) => link.startsWith('/clouds/')));
  const levels = await Promise.all(['high', 'middle', 'low'].map((level) => shown(`/clouds?level=${level}`)));
  assert.deepEqual(levels.map(({ size }) => size), [3, 3, 4]);
  assert.deepEqual([...(await shown('/clouds'))].sort(), levels.flatMap((level) => [...level]).sort());
  await page('/clouds?level=underground', 404);
  await page('/clouds?level=toString', 404);
});

test('a detail page shows its cloud and its neighbours', async () => {
  const { headings, links, text } = await page('/clouds/altocumulus');
  assert.match(headings[0], /Altocumulus/);
  for (const link of ['/skies/altocumulus.svg', '/clouds/cirrostratus', '/clouds/altostratus']) assert.ok(links.includes(link), link);
  assert.match(text, /height and heap/);
});

test('the pictures are SVG, the same each time', async () => {
  for (const name of ['cirrus', 'cumulus', 'cumulonimbus', 'nimbostratus', 'banner']) {
    const answer = await ask(`/skies/${name}.svg`);
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'image/svg+xml']);
    assert.match(answer.headers.get('cache-control'), /max-age/);
    const [root, attributes] = readPage(answer.text).tags[0];
    assert.deepEqual([root, attributes.xmlns], ['svg', 'http://www.w3.org/2000/svg']);
    assert.equal((await ask(`/skies/${name}.svg`)).text, answer.text);
  }
});

test('style sheet and icon are files, and whoever has them is not sent them again', async () => {
  for (const [path, type, part] of [['/style.css', /^text\/css/, 'prefers-color-scheme: dark'], ['/favicon.svg', /^image\/svg\+xml/, '<svg']]) {
    const answer = await ask(path);
    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('content-type'), type);
    assert.ok(answer.text.includes(part));
    const again = await ask(path, { headers: { 'if-none-match': answer.headers.get('etag') } });
    assert.deepEqual([again.status, again.text], [304, '']);
  }
});

test('unknown addresses get a 404 page', async () => {
  for (const path of ['/nothing', '/clouds/', '/clouds/nimbus', '/clouds/cirrus/x', '/clouds/__proto__', '/skies/constructor.svg', '/skies/none/style.css', '/clouds%2Fcirrus']) {
    assert.deepEqual((await page(path, 404)).headings, ['Clear sky'], path);
  }
});

test('the form remembers the cloud it came from', async () => {
  const { fields, tags } = await page('/sightings/new?cloud=stratus');
  assert.deepEqual(Object.keys(fields).sort(), ['cloud', 'day', 'note', 'oktas', 'place']);
  assert.deepEqual(tags.filter(([tag, given]) => tag === 'option' && 'selected' in given).map(([, given]) => given.value), ['stratus']);
});

test('a valid sighting leads to its card', async () => {
  const made = await post(VALID);
  assert.equal(made.status, 303);
  const { headings, text } = await page(made.headers.get('location'));
  assert.ok(headings.some((heading) => heading.includes('Cumulus')), headings);
  assert.ok(text.includes('Skagen, Grenen'));
  assert.ok(text.includes('&lt;b>big &amp; white&lt;/b>'));
  assert.equal(count(text, 'class="full"'), 3);
});

test('wrong fields are marked and what was typed stays', async () => {
  for (const [field, value] of [['cloud', ''], ['cloud', 'nimbus'], ['place', '  '], ['place', 'x'.repeat(81)], ['day', '2027-02-29'],
    ['day', 'tomorrow'], ['oktas', '9'], ['oktas', '-1'], ['oktas', '3.5'], ['note', 'x'.repeat(281)]]) {
    const answer = await post({ ...VALID, [field]: value });
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [422, 'text/html; charset=utf-8'], `${field}=${value}`);
    const { fields } = readPage(answer.text);
    assert.deepEqual(Object.keys(fields).filter((name) => 'aria-invalid' in fields[name]), [field]);
    if (field !== 'place') assert.equal(fields.place.value, VALID.place);
  }
  const empty = await post({});
  assert.deepEqual([empty.status, count(empty.text, 'aria-describedby')], [422, 4]);
});

test('what a visitor types cannot become markup', async () => {
  const evil = '"><script>alert(1)</script>';
  for (const text of [
    (await post({ ...VALID, oktas: 'x', place: evil, note: `</textarea>${evil}` })).text,
    (await page(`/sightings/new?${new URLSearchParams({ place: evil, note: evil })}`)).text,
    (await page(`/sightings/card?${new URLSearchParams({ ...VALID, place: evil, note: evil })}`)).text,
  ]) {
    assert.ok(!text.includes('<script'));
    assert.ok(!text.split('</textarea>')[0].includes('</textarea><'));
  }
});

test('only a form of sensible size is taken', async () => {
  const send = async (body, headers) => (await ask('/sightings', { method: 'POST', body, headers })).status;
  assert.equal(await send('{}', { 'content-type': 'application/json' }), 415);
  assert.equal(await send('x'.repeat(20_000), FORM), 413);
  assert.equal(await send(new Uint8Array([0xff, 0xfe, 0x25]), FORM), 422);
});

test('a wrong method is 405 with allow', async () => {
  for (const [path, method, allow] of [['/', 'POST', 'GET, HEAD'], ['/about', 'DELETE', 'GET, HEAD'], ['/sightings', 'GET', 'POST']]) {
    const answer = await ask(path, { method });
    assert.deepEqual([answer.status, answer.headers.get('allow')], [405, allow]);
  }
});

test('HEAD tells the length', async () => {
  const headers = { 'accept-encoding': 'identity' };
  const whole = await ask('/clouds', { headers });
  const head = await ask('/clouds', { method: 'HEAD', headers });
  assert.equal(whole.headers.get('content-length'), String(new TextEncoder().encode(whole.text).length));
  assert.deepEqual([head.status, head.text, head.headers.get('content-length')], [200, '', whole.headers.get('content-length')]);
});

test('the about page streams', async () => {
  const response = await fetch(`${server.url}/about`, { headers: { 'accept-encoding': 'identity' } }); // compression waits for more
  assert.equal(response.headers.get('content-length'), null);
  const decoder = new TextDecoder();
  let [text, start] = ['', undefined];
  for await (const part of response.body) {
    text += decoder.decode(part, { stream: true });
    if (start === undefined && text.includes('</footer>')) start = text;
  }
  assert.ok(!start.includes('ms after the first piece'), 'the shell is here before any late part');
  assert.equal(count(start, 'class="waiting"'), 3);
  assert.equal(count(text, 'ms after the first piece'), 3);
  assert.equal(count(text, '<preact-island'), 3);
  const nonce = /'nonce-([0-9a-f]{32})'/.exec(response.headers.get('content-security-policy'))[1];
  assert.ok(text.includes(`nonce="${nonce}"`));
  assert.ok(!(await ask('/about')).headers.get('content-security-policy').includes(nonce), 'each answer has its own nonce');
});

test('pages forbid scripts and framing', async () => {
  const policy = (await ask('/')).headers.get('content-security-policy');
  assert.match(policy, /script-src 'none'/);
  assert.match(policy, /frame-ancestors 'none'/);
});

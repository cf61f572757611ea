// Calls the function as Peko does, with the Request and Response of Node.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import app from '../src/index.js';

const get = (path) => app.fetch(new Request(`http://localhost${path}`), { GREETING: 'Hi' });

test('the page greets', async () => {
  const response = await get('/');
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(await response.text(), /<h1>Hi from {{name}}<\/h1>/);
});

test('the API greets by name', async () => {
  assert.deepEqual(await (await get('/api/hello')).json(), { message: 'Hi, world!' });
  assert.deepEqual(await (await get('/api/hello?name=J%C3%BCrgen+%22J%22')).json(), { message: 'Hi, Jürgen "J"!' });
});

test('other addresses are not found', async () => {
  assert.equal((await get('/nothing')).status, 404);
});

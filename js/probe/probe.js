// Measures what a script has: its answer is the tables of docs/javascript.md, which a test compares (bridge/tests).
// A probe is a function that returns true, or a promise of that, when the thing is there and works.

const topLevel = await Promise.resolve(1);
const exists = (...names) => Object.fromEntries(names.map((name) => [`\`${name}\``, () => name in globalThis]));
const subtle = (...names) =>
  Object.fromEntries(names.map((name) => [`\`crypto.subtle.${name}\``, () => methods(crypto.subtle, name)]));
const methods = (object, ...names) => names.every((name) => typeof object[name] === 'function');
const text = (body) => new Response(body).text();
const first = async (stream) => (await stream.getReader().read()).value;

const groups = {
  'Requests and responses': {
    '`fetch`': () => typeof fetch === 'function',
    '`Request`, `Response`, `Headers`': () =>
      new Request('http://a/b', { method: 'PUT', body: 'x' }).method === 'PUT' &&
      new Headers([['a', '1']]).get('A') === '1',
    '`Response.json`, `Response.redirect`': () =>
      Response.json({}).headers.get('content-type') === 'application/json' &&
      Response.redirect('http://a/').status === 302,
    '`Headers.getSetCookie`': () => {
      const headers = new Headers();
      headers.append('set-cookie', 'a');
      headers.append('set-cookie', 'b');
      return headers.getSetCookie().length === 2;
    },
    '`text()` of bytes that are not UTF-8': async () => (await text(new Uint8Array([97, 255]))) === 'a\ufffd',
    '`json()` of bytes that are not UTF-8': async () =>
      (await new Response(new Uint8Array([34, 255, 34])).json()) === '\ufffd',
    '`Request.clone`': async () =>
      (await new Request('http://a/', { method: 'POST', body: 'x' }).clone().text()) === 'x',
    '`Response.clone`': async () => (await new Response('x').clone().text()) === 'x',
    '`Response.error`': () => Response.error().type === 'error',
    '`FormData` with files, read and written': async () => {
      const form = new FormData();
      form.append('a', new File([new Uint8Array([1, 0, 255])], 'n'));
      const file = (await new Response(form).formData()).get('a');
      return file.name === 'n' && String(new Uint8Array(await file.arrayBuffer())) === '1,0,255';
    },
    '`Blob`, `File`': async () =>
      (await new Blob(['a', new Uint8Array([98])]).text()) === 'ab' && new File([], 'n').name === 'n',
    ...exists('caches', 'WebSocket', 'EventSource'),
  },

  URLs: {
    '`URL`, `URLSearchParams`': () =>
      new URL('../x?a=1', 'http://u:p@a.b:81/c/d').href === 'http://u:p@a.b:81/x?a=1' &&
      new URLSearchParams('a=1&a=2').getAll('a').length === 2,
    'international names': () => new URL('http://bücher.example/').hostname === 'xn--bcher-kva.example',
    '`URL.canParse`, `URL.parse`': () => URL.canParse('a:b') && !URL.canParse('//') && URL.parse('//') === null,
    ...exists('URLPattern'),
  },

  Streams: {
    '`ReadableStream`, `WritableStream`, `TransformStream`': async () => {
      const { readable, writable } = new TransformStream();
      const writer = writable.getWriter();
      void writer.write(1);
      return (await first(readable)) === 1;
    },
    "byte streams (`type: 'bytes'`)": async () => {
      const stream = new ReadableStream({ type: 'bytes', pull: (out) => out.enqueue(new Uint8Array(4)) });
      return (await stream.getReader({ mode: 'byob' }).read(new Uint8Array(2))).value.length === 2;
    },
    '`for await` over a stream': async () => {
      let sum = 0;
      for await (const n of ReadableStream.from([1, 2])) sum += n;
      return sum === 3;
    },
    '`ReadableStream.from`': async () => (await first(ReadableStream.from([7]))) === 7,
    '`tee`, `pipeThrough`, `pipeTo`': () => methods(ReadableStream.prototype, 'tee', 'pipeThrough', 'pipeTo'),
    '`TextEncoderStream`, `TextDecoderStream`': async () => {
      const bytes = ReadableStream.from(['\ud83d', '\ude00']).pipeThrough(new TextEncoderStream());
      return (await first(bytes.pipeThrough(new TextDecoderStream()))) === '\u{1f600}';
    },
    '`CompressionStream`, `DecompressionStream`': async () => {
      const packed = new Response('x').body.pipeThrough(new CompressionStream('gzip'));
      return (await text(packed.pipeThrough(new DecompressionStream('gzip')))) === 'x';
    },
  },

  'Text and bytes': {
    '`TextEncoder`, `TextDecoder`': () => new TextDecoder().decode(new TextEncoder().encode('\u20ac')) === '\u20ac',
    'other encodings (`latin1`, `utf-16le`, `shift_jis`, `gbk`)': () =>
      ['latin1', 'utf-16le', 'shift_jis', 'gbk'].every((label) => new TextDecoder(label)),
    '`atob`, `btoa`': () => atob(btoa('x')) === 'x',
    '`Uint8Array.fromBase64`, `toHex`': () => Uint8Array.fromBase64('AQ==').toHex() === '01',
    '`structuredClone`': () => structuredClone(new Map([[1, new Date(0)]])).get(1).getTime() === 0,
    '`String.prototype.normalize`': () => 'e\u0301'.normalize() === '\u00e9',
    ...exists('Intl'),
    "numbers of a language (`toLocaleString('de')`)": () => (1234.5).toLocaleString('de') === '1.234,5',
  },

  Cryptography: {
    '`crypto.getRandomValues`, `crypto.randomUUID`': () =>
      crypto.randomUUID() !== crypto.randomUUID() && crypto.getRandomValues(new Uint8Array(4)).length === 4,
    'digests: SHA-1, SHA-256, SHA-384, SHA-512': async () => {
      const sizes = [];
      for (const name of ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512']) {
        sizes.push((await crypto.subtle.digest(name, new Uint8Array())).byteLength);
      }
      return String(sizes) === '20,32,48,64';
    },
    'HMAC: sign and verify': async () => {
      const method = { name: 'HMAC', hash: 'SHA-256' };
      const key = await crypto.subtle.importKey('raw', new Uint8Array(8), method, false, ['sign', 'verify']);
      const data = new Uint8Array(1);
      return crypto.subtle.verify('HMAC', key, await crypto.subtle.sign('HMAC', key, data), data);
    },
    ...subtle('generateKey', 'encrypt', 'decrypt', 'deriveBits', 'deriveKey', 'wrapKey', 'exportKey'),
  },

  'Timers, events, and the rest': {
    '`setTimeout`, `setInterval`, `queueMicrotask`': async () => {
      await new Promise((go) => setTimeout(go, 1));
      await new Promise((go) => queueMicrotask(go));
      return typeof setInterval === 'function';
    },
    '`AbortController`, `AbortSignal.timeout`, `AbortSignal.any`': async () => {
      const signal = AbortSignal.any([AbortSignal.timeout(1), new AbortController().signal]);
      await new Promise((go) => signal.addEventListener('abort', go));
      return signal.aborted && AbortSignal.abort().reason.name === 'AbortError';
    },
    '`EventTarget`, `Event`, `CustomEvent`': () => {
      let seen;
      const target = new EventTarget();
      target.addEventListener('x', (event) => (seen = event.detail));
      target.dispatchEvent(new CustomEvent('x', { detail: 1 }));
      return seen === 1;
    },
    '`performance.now`, `performance.timeOrigin`': () => performance.now() >= 0 && performance.timeOrigin > 0,
    '`console`': () => methods(console, 'log', 'error', 'warn', 'info', 'debug', 'table'),
    '`navigator.userAgent`': () => navigator.userAgent === 'Peko',
    ...exists('reportError', 'WebAssembly', 'MessageChannel', 'BroadcastChannel', 'setImmediate', 'process', 'Buffer'),
  },

  'The language': {
    '`await` at the top level': () => topLevel === 1,
    'private fields, `static` blocks, `??=`': () => {
      class Box {
        static made = 0;
        static {
          Box.made ??= 1;
        }
        #n = 1;
        get n() {
          return this.#n;
        }
      }
      return new Box().n === 1 && Box.made === 0;
    },
    '`using`': () => new Function('let n = 0; { using r = { [Symbol.dispose]() { n = 1; } }; } return n === 1')(),
    'iterator helpers, methods of `Set`': () =>
      [1, 2].values().map((n) => n * 2).toArray()[1] === 4 && new Set([1]).union(new Set([2])).size === 2,
    '`Array.fromAsync`, `Promise.withResolvers`, `Promise.try`': () =>
      methods(Array, 'fromAsync') && methods(Promise, 'withResolvers', 'try'),
    '`WeakRef`, `FinalizationRegistry`': () =>
      new WeakRef({}) instanceof WeakRef && 'FinalizationRegistry' in globalThis,
    'regular expressions: look-behind, named groups, flags `s`, `d`, `v`': () =>
      /(?<=a)(?<x>b)/ds.exec('ab').groups.x === 'b' && new RegExp('[a--b]', 'v').test('a'),
    'regular expressions: kinds of characters (`\\p{L}`)': () => new RegExp('\\p{L}', 'u').test('\u00e9'),
    '`eval`, `new Function`': () => new Function('return 1')() === 1,
    ...exists('SharedArrayBuffer', 'Atomics', 'Temporal'),
  },
};

async function works(probe) {
  try {
    return (await probe()) === true;
  } catch {
    return false;
  }
}

async function answer() {
  let tables = '';
  for (const [title, probes] of Object.entries(groups)) {
    tables += `\n| ${title} | |\n|---|---|\n`;
    for (const [name, probe] of Object.entries(probes)) {
      tables += `| ${name} | ${(await works(probe)) ? 'yes' : 'no'} |\n`;
    }
  }
  return new Response(`${tables}\n`);
}

export { answer as default };

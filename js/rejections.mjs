/**
 * Makes the engine underneath tell of rejections that nobody handles: StarlingMonkey notes them, and reports them after
 * its own fetch events, but componentize-js calls our exports by another way, which never asks. So the function that it
 * exports as `call` gets another one around it, which does what follows a fetch event, and then begins a new list:
 *
 *     result = call(export, arguments)
 *     if (JS::SetSize(cx, rejected) != 0) { report(cx); if (fresh = JS::NewSetObject(cx)) rejected = fresh }
 *     return result
 *
 * What these are is read from the code around the texts that they print. An engine that looks different is an error of
 * the build.
 */

const FUNCTIONS = 3;
const EXPORTS = 7;
const CODE = 10;
const DATA = 11;

/** What StarlingMonkey says before it reports. */
const WARNING = 'Warning: Unhandled promise rejections detected after handling incoming request.';

// WebAssembly's binary format; a number is LEB128.
const NUMBER = '([\\x80-\\xff]{0,4}[\\x00-\\x7f])';
const I32_CONST = '\\x41';
const I32_LOAD = '\\x28\\x02\\x00';
const I32_STORE = '\\x36\\x02\\x00';
const CALL = '\\x10';
const I32_EQZ = '\\x45';
const LOCAL_GET = '\\x20';

/** The engine `wasm`, with that. */
export function tellingOfRejections(wasm) {
  const sections = sectionsOf(wasm);
  const text = (id) => Buffer.from(sections.find((section) => section.id === id).bytes).toString('latin1');
  const code = text(CODE);

  const warning = raw(signed(addressIn(sections, WARNING)));
  const [, cx, rejected, size, report] = theOnly(code, [
    [I32_CONST, NUMBER, I32_LOAD, I32_CONST, NUMBER, CALL, NUMBER, I32_EQZ],
    ['[^]{0,200}', I32_CONST, warning, '[^]{0,100}?'],
    [I32_CONST, '\\1', I32_LOAD, CALL, NUMBER],
  ]);
  const [, nothing, create] = theOnly(code, [
    [I32_CONST, raw(Buffer.from(rejected, 'latin1')), LOCAL_GET, '[\\x00-\\x7f]', I32_CONST, NUMBER, CALL, NUMBER, I32_STORE],
  ]);
  const exported = theOnly(text(EXPORTS), [['\\x04call\\x00', NUMBER]]);
  const call = exported[1];

  const context = `\x41${cx}\x28\x02\x00`;
  const body = Buffer.from(
    '\x01\x02\x7f' + // two locals, of i32
      `\x20\x00\x20\x01\x10${call}\x21\x02` +
      `${context}\x41${rejected}\x10${size}\x04\x40` +
      `${context}\x10${report}` +
      `${context}\x41${nothing}\x10${create}\x22\x03\x04\x40\x41${rejected}\x20\x03\x36\x02\x00\x0b` +
      '\x0b\x20\x02\x0b',
    'latin1',
  );
  const imported = importedFunctions(sections);
  const functions = vector(sections, FUNCTIONS);
  const around = imported + functions.count;
  const type = typeOf(functions.bytes, unsignedAt(Buffer.from(call, 'latin1'), 0)[0] - imported);
  const replaced = new Map([
    [FUNCTIONS, join(unsigned(functions.count + 1), functions.bytes, unsigned(type))],
    [CODE, join(unsigned(functions.count + 1), vector(sections, CODE).bytes, unsigned(body.length), body)],
    [EXPORTS, Buffer.from(text(EXPORTS).replace(exported[0], () => `\x04call\x00${unsigned(around).toString('latin1')}`), 'latin1')],
  ]);
  return join(
    wasm.subarray(0, 8),
    ...sections.flatMap(({ id, bytes }) => {
      const content = replaced.get(id) ?? bytes;
      return [Buffer.from([id]), unsigned(content.length), content];
    }),
  );
}

/** The match of a pattern that has to be there once. */
function theOnly(text, parts) {
  const found = [...text.matchAll(new RegExp(parts.flat().join(''), 'g'))];
  if (found.length === 1) return found[0];
  throw new Error(
    `js/rejections.mjs: the engine of componentize-js has ${found.length} places in place of one that look like ` +
      'StarlingMonkey reporting rejections: see whether it does so by itself now, else adapt the patterns',
  );
}

function sectionsOf(wasm) {
  const sections = [];
  for (let at = 8; at < wasm.length; ) {
    const [size, begin] = unsignedAt(wasm, at + 1);
    sections.push({ id: wasm[at], bytes: wasm.subarray(begin, begin + size) });
    at = begin + size;
  }
  return sections;
}

function vector(sections, id) {
  const { bytes } = sections.find((section) => section.id === id);
  const [count, begin] = unsignedAt(bytes, 0);
  return { count, bytes: bytes.subarray(begin) };
}

/** How many functions are imported: they come before the engine's own. */
function importedFunctions(sections) {
  const { count, bytes } = vector(sections, 2);
  let functions = 0;
  let at = 0;
  for (let i = 0; i < count; ++i) {
    for (let name = 0; name < 2; ++name) {
      const [size, begin] = unsignedAt(bytes, at);
      at = begin + size;
    }
    if (bytes[at] !== 0) throw new Error('js/rejections.mjs: the engine imports something that is no function');
    ++functions;
    at = unsignedAt(bytes, at + 1)[1];
  }
  return functions;
}

function typeOf(functions, index) {
  let at = 0;
  for (let i = 0; i < index; ++i) at = unsignedAt(functions, at)[1];
  return unsignedAt(functions, at)[0];
}

/** Where a text lies in the engine's memory. */
function addressIn(sections, text) {
  const { count, bytes } = vector(sections, DATA);
  let at = 0;
  for (let i = 0; i < count; ++i) {
    const active = bytes[at] === 0;
    const [offset, afterOffset] = active ? signedAt(bytes, at + 2) : [0, at];
    const [size, begin] = unsignedAt(bytes, afterOffset + 1);
    const found = bytes.subarray(begin, begin + size).indexOf(text);
    if (active && found >= 0) return offset + found;
    at = begin + size;
  }
  throw new Error(`js/rejections.mjs: the engine of componentize-js does not say "${text}"`);
}

function unsignedAt(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

function signedAt(bytes, at) {
  const [value, end] = unsignedAt(bytes, at);
  const bits = 7 * (end - at);
  return [bytes[end - 1] & 64 ? value - 2 ** bits : value, end];
}

function unsigned(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

/** Of a number that is not negative. */
function signed(value) {
  const bytes = [];
  for (; value > 63; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

/** Bytes as a part of a pattern. */
function raw(bytes) {
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

function join(...parts) {
  return Buffer.concat(parts);
}

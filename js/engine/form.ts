/**
 * What the engine underneath gets wrong of bodies: it takes the bytes of a file in a form for a list of numbers, and
 * throws at text that is not UTF-8. Evaluated when the engine is built.
 */
import { define } from './define.ts';

const bytewise = new TextDecoder('latin1'); // a character for each byte: positions are the same
const lossy = new TextDecoder('utf-8');
const keepingBom = new TextDecoder('utf-8', { ignoreBOM: true });

for (const { prototype } of [Request, Response]) {
  define(prototype, 'text', async function text(this: Body) {
    return lossy.decode(await this.arrayBuffer());
  });
  define(prototype, 'json', async function json(this: Body) {
    return JSON.parse(await this.text());
  });
  define(prototype, 'formData', async function formData(this: Body & { headers: Headers }) {
    const type = this.headers.get('content-type') ?? '';
    const boundary = /^multipart\/form-data\b.*;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type);
    if (boundary) return fromMultipart(new Uint8Array(await this.arrayBuffer()), boundary[1] ?? boundary[2] ?? '');
    if (/^application\/x-www-form-urlencoded\b/i.test(type)) return fromPairs(new URLSearchParams(await this.text()));
    throw new TypeError(`formData() takes multipart/form-data or application/x-www-form-urlencoded, not "${type}"`);
  });
}

function fromPairs(pairs: URLSearchParams): FormData {
  const form = new FormData();
  for (const [name, value] of pairs) form.append(name, value);
  return form;
}

/** RFC 7578, read as the fetch standard asks for it. */
function fromMultipart(bytes: Uint8Array<ArrayBuffer>, boundary: string): FormData {
  const form = new FormData();
  const text = bytewise.decode(bytes);
  const delimiter = `\r\n--${boundary}`;
  let at = text.startsWith(delimiter.slice(2)) ? delimiter.length - 2 : after(text, delimiter, 0);
  while (!text.startsWith('--', at)) {
    const line = after(text, '\r\n', at); // spaces may follow the boundary
    const content = text.startsWith('\r\n', line) ? line + 2 : after(text, '\r\n\r\n', line);
    const end = after(text, delimiter, content - 2) - delimiter.length;
    appendPart(form, keepingBom.decode(bytes.subarray(line, content)), bytes.subarray(content, Math.max(content, end)));
    at = end + delimiter.length;
  }
  return form;
}

/** Where the text goes on after the next `mark`. */
function after(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  if (at < 0) throw new TypeError('the body is no multipart/form-data: a part has no end');
  return at + mark.length;
}

function appendPart(form: FormData, headers: string, value: Uint8Array<ArrayBuffer>): void {
  const disposition = /^content-disposition:\s*form-data\b(.*)$/im.exec(headers)?.[1] ?? '';
  const name = parameter(disposition, 'name');
  if (name === undefined) throw new TypeError('the body is no multipart/form-data: a part has no name');
  const file = parameter(disposition, 'filename');
  if (file === undefined) {
    form.append(name, keepingBom.decode(value));
  } else {
    const type = /^content-type:\s*(\S.*?)\s*$/im.exec(headers)?.[1] ?? 'application/octet-stream';
    form.append(name, new File([value], file, { type }));
  }
}

/** Clients write quotes and ends of lines in names as %22, %0D and %0A. */
function parameter(disposition: string, name: string): string | undefined {
  const value = new RegExp(`;\\s*${name}="([^"]*)"`, 'i').exec(disposition)?.[1];
  return value?.replace(/%(22|0d|0a)/gi, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
}

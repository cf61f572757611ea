/** From a Response to an outgoing response of wasi:http. */
import { Fields, OutgoingBody, OutgoingResponse, ResponseOutparam } from 'wasi:http/types@0.2.10';
import type { OutputStream } from 'wasi:io/streams@0.2.10';
import { textOf } from './body.ts';
import { fromByteString, isClosed, roomToWrite } from './host.ts';

const encoder = new TextEncoder();

/** Fields that belong to the connection, not to a response: the host refuses them. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

/** A response whose head is with the host. */
export interface Outgoing {
  response: Response;
  body: OutgoingBody;
}

/** Gives the host the head. Throws, and has given nothing, when `response` is none that can be sent. */
export function begin(response: unknown, outparam: ResponseOutparam): Outgoing {
  if (!(response instanceof Response)) throw new TypeError(`fetch() returned ${nameOf(response)} and not a Response`);
  if (response.bodyUsed || response.body?.locked) {
    throw new TypeError('fetch() returned a Response whose body has been read already');
  }
  const outgoing = new OutgoingResponse(Fields.fromList(toList(response.headers)));
  outgoing.setStatusCode(response.status);
  const body = outgoing.body();
  ResponseOutparam.set(outparam, { tag: 'ok', val: outgoing });
  return { response, body };
}

/** Sends each part of the body as soon as the response has it. After a throw the host knows that it is cut off. */
export async function send({ response, body }: Outgoing, headOnly: boolean): Promise<void> {
  try {
    const text = textOf(response);
    if (headOnly) await response.body?.cancel();
    else if (text !== undefined) await sendText(text, body);
    else if (response.body) await pump(response.body, body);
  } catch (error) {
    body[Symbol.dispose]();
    throw error;
  }
  OutgoingBody.finish(body, undefined);
}

async function sendText(text: string, to: OutgoingBody): Promise<void> {
  const out = to.write();
  try {
    await write(out, encoder.encode(text));
  } finally {
    out[Symbol.dispose]();
  }
}

async function pump(from: ReadableStream<unknown>, to: OutgoingBody): Promise<void> {
  const out = to.write();
  const reader = from.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      if (!(part.value instanceof Uint8Array)) {
        throw new TypeError(`the stream of a response has Uint8Arrays, and this one has ${nameOf(part.value)}`);
      }
      if (!(await write(out, part.value))) return await reader.cancel();
    }
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    throw error;
  } finally {
    out[Symbol.dispose]();
  }
}

/** Writes all bytes, and waits for the client while the host has no room. False: the host wants no more. */
async function write(out: OutputStream, bytes: Uint8Array): Promise<boolean> {
  try {
    for (let at = 0; at < bytes.byteLength; ) {
      const room = Number(out.checkWrite());
      if (room === 0) {
        await roomToWrite();
        continue;
      }
      out.write(bytes.subarray(at, at + room));
      at += room;
    }
  } catch (error) {
    if (!isClosed(error)) throw error;
    return false;
  }
  return true;
}

function toList(headers: Headers): [string, Uint8Array][] {
  const fields: [string, Uint8Array][] = [];
  for (const [name, value] of headers) {
    if (name !== 'set-cookie' && !OF_THE_CONNECTION.has(name)) fields.push([name, fromByteString(value)]);
  }
  for (const value of headers.getSetCookie()) fields.push(['set-cookie', fromByteString(value)]);
  return fields;
}

function nameOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return `an object of class ${value.constructor?.name ?? 'Object'}`;
}

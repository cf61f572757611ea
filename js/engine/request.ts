/** From an incoming request of wasi:http to a Request. */
import type { IncomingBody, IncomingRequest } from 'wasi:http/types@0.2.10';
import type { InputStream } from 'wasi:io/streams@0.2.10';
import { isClosed, ownView, somethingToRead, toByteString } from './host.ts';

const READ_BYTES_MAX = 65_536n;


/** The request's body as a stream, which owns two handles of the host from its first read until it ends. */
export class RequestBody {
  private body: IncomingBody | undefined;
  private stream: InputStream | undefined;

  constructor(private readonly incoming: IncomingRequest) {}

  /** Reads nothing before somebody asks for it. */
  open(): ReadableStream<Uint8Array> {
    const source: UnderlyingDefaultSource<Uint8Array> = {
      pull: async (controller) => {
        try {
          this.body ??= this.incoming.consume();
          this.stream ??= this.body.stream();
          let piece = this.stream.read(READ_BYTES_MAX);
          while (piece.byteLength === 0) {
            await somethingToRead();
            piece = this.stream.read(READ_BYTES_MAX);
          }
          controller.enqueue(ownView(piece));
        } catch (error) {
          this.dispose();
          if (isClosed(error)) controller.close();
          else controller.error(new TypeError('the request body broke off'));
        }
      },
      cancel: () => this.dispose(),
    };
    return new ReadableStream(source, { highWaterMark: 0 });
  }

  dispose(): void {
    this.stream?.[Symbol.dispose](); // the stream is the body's child: it goes first
    this.body?.[Symbol.dispose]();
    this.stream = this.body = undefined;
  }
}

/** Undefined for what the fetch standard does not let a Request be: CONNECT, TRACE, an authority that is no URL's. */
export function toRequest(incoming: IncomingRequest, body: RequestBody): Request | undefined {
  const tagged = incoming.method();
  const method = tagged.tag === 'other' ? tagged.val : tagged.tag.toUpperCase();
  const scheme = incoming.scheme()?.tag === 'HTTPS' ? 'https' : 'http';
  const url = `${scheme}://${incoming.authority() ?? 'localhost'}${incoming.pathWithQuery() ?? '/'}`;
  const init: RequestInit & { duplex?: 'half' } = { method, headers: toHeaders(incoming) };
  if (method !== 'GET' && method !== 'HEAD') {
    init.body = body.open();
    init.duplex = 'half';
  }
  try {
    return new Request(url, init);
  } catch {
    return undefined;
  }
}

function toHeaders(incoming: IncomingRequest): Headers {
  const headers = new Headers();
  const fields = incoming.headers();
  for (const [name, value] of fields.entries()) headers.append(name, toByteString(value));
  fields[Symbol.dispose]();
  return headers;
}

// The WASI 0.2.10 interfaces that the adapter calls, as componentize-js presents them to JavaScript: a `result`
// returns its value or throws its error as `payload`, a resource is a class with a dispose method.

declare module 'wasi:io/poll@0.2.10' {
  export class Pollable {
    block(): void;
    [Symbol.dispose](): void;
  }
}

declare module 'wasi:io/streams@0.2.10' {
  import type { Pollable } from 'wasi:io/poll@0.2.10';
  export class InputStream {
    blockingRead(max: bigint): Uint8Array;
    [Symbol.dispose](): void;
  }
  export class OutputStream {
    checkWrite(): bigint;
    write(bytes: Uint8Array): void;
    blockingFlush(): void;
    subscribe(): Pollable;
    [Symbol.dispose](): void;
  }
}

declare module 'wasi:http/types@0.2.10' {
  import type { InputStream, OutputStream } from 'wasi:io/streams@0.2.10';
  export type Method = { tag: 'other'; val: string } | { tag: 'get' | 'head' | 'post' | 'put' | 'delete' | 'connect' | 'options' | 'trace' | 'patch' };
  export type Scheme = { tag: 'HTTP' } | { tag: 'HTTPS' } | { tag: 'other'; val: string };
  export class Fields {
    static fromList(entries: [string, Uint8Array][]): Fields;
    entries(): [string, Uint8Array][];
    [Symbol.dispose](): void;
  }
  export class IncomingBody {
    stream(): InputStream;
    [Symbol.dispose](): void;
  }
  export class IncomingRequest {
    method(): Method;
    pathWithQuery(): string | undefined;
    scheme(): Scheme | undefined;
    authority(): string | undefined;
    headers(): Fields;
    consume(): IncomingBody;
    [Symbol.dispose](): void;
  }
  export class OutgoingBody {
    write(): OutputStream;
    static finish(body: OutgoingBody, trailers: Fields | undefined): void;
    [Symbol.dispose](): void;
  }
  export class OutgoingResponse {
    constructor(headers: Fields);
    setStatusCode(status: number): void;
    body(): OutgoingBody;
  }
  export class ResponseOutparam {
    static set(outparam: ResponseOutparam, response: { tag: 'ok'; val: OutgoingResponse }): void;
  }
}

declare module 'wasi:cli/environment@0.2.10' {
  export function getEnvironment(): [string, string][];
}

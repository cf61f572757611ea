// The interfaces (WASI 0.2.10, and peko:js) that the engine calls, as componentize-js presents them to JavaScript: a
// `result` returns its value or throws its error as `payload`, a resource is a class with a dispose method.

declare module 'wasi:io/streams@0.2.10' {
  export class InputStream {
    read(max: bigint): Uint8Array;
    [Symbol.dispose](): void;
  }
  export class OutputStream {
    checkWrite(): bigint;
    write(bytes: Uint8Array): void;
    [Symbol.dispose](): void;
  }
}

declare module 'wasi:http/types@0.2.10' {
  import type { InputStream, OutputStream } from 'wasi:io/streams@0.2.10';
  export type Method =
    | { tag: 'other'; val: string }
    | { tag: 'get' | 'head' | 'post' | 'put' | 'delete' | 'connect' | 'options' | 'trace' | 'patch' };
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
  export type Result =
    | { tag: 'ok'; val: OutgoingResponse }
    | { tag: 'err'; val: { tag: 'internal-error'; val: string } };
  export class ResponseOutparam {
    static set(outparam: ResponseOutparam, response: Result): void;
  }
}

declare module 'wasi:cli/environment@0.2.10' {
  export function getEnvironment(): [string, string][];
}

declare module 'peko:js/key-value@0.1.0' {
  export interface Entry {
    value: Uint8Array;
    metadata: string | undefined;
  }
  export interface KeyInfo {
    key: string;
    metadata: string | undefined;
    expires: bigint | undefined;
  }
  export interface Page {
    keys: KeyInfo[];
    cursor: string | undefined;
  }
  export function stores(): string[];
  export function get(store: string, keys: string[]): bigint;
  export function put(
    store: string,
    key: string,
    value: Uint8Array,
    metadata: string | undefined,
    expires: bigint | undefined,
  ): bigint;
  function remove(store: string, key: string): bigint;
  export { remove as delete };
  export function list(store: string, prefix: string, limit: number, cursor: string | undefined): bigint;
  export function takeEntries(operation: bigint): (Entry | undefined)[];
  export function takePage(operation: bigint): Page;
  export function takeDone(operation: bigint): void;
}

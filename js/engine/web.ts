/** Parts of the web's API that the engine underneath lacks. Evaluated when the engine is built. */
import { define } from './define.ts';

const abortFor = AbortSignal.abort;

define(URL, 'canParse', (url: string | URL, base?: string | URL) => parseUrl(url, base) !== null);
define(URL, 'parse', parseUrl);
define(ReadableStream, 'from', streamFrom);
define(ReadableStream.prototype, 'values', valuesOf);
define(ReadableStream.prototype, Symbol.asyncIterator, valuesOf);
define(AbortSignal, 'abort', abort);
define(AbortSignal, 'any', anyOf);
define(globalThis, 'TextEncoderStream', encoderStream());
define(globalThis, 'TextDecoderStream', decoderStream());
define(globalThis, 'reportError', (error: unknown) => console.error(error));
define(globalThis, 'navigator', Object.freeze({ userAgent: 'Peko' }));

/** The engine's own insists on a reason. */
function abort(reason: unknown = new DOMException('signal is aborted without reason', 'AbortError')): AbortSignal {
  return abortFor.call(AbortSignal, reason);
}

/** The engine's own tells nobody when it is aborted. */
function anyOf(signals: Iterable<AbortSignal>): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    else signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
  }
  return controller.signal;
}

function parseUrl(url: string | URL, base?: string | URL): URL | null {
  try {
    return new URL(url, base);
  } catch {
    return null;
  }
}

function streamFrom<T>(source: AsyncIterable<T> | Iterable<T>): ReadableStream<T> {
  const many = source as Partial<AsyncIterable<T> & Iterable<T>>;
  const items = many[Symbol.asyncIterator]?.() ?? many[Symbol.iterator]?.();
  if (!items) throw new TypeError('ReadableStream.from takes something iterable');
  const underlying: UnderlyingDefaultSource<T> = {
    async pull(controller) {
      const { done, value } = await items.next();
      if (done) controller.close();
      else controller.enqueue(await value);
    },
    async cancel(reason) {
      await items.return?.(reason);
    },
  };
  return new ReadableStream(underlying, { highWaterMark: 0 });
}

/** Streams Standard, section 4.2.5: leaving the loop cancels the stream. */
function valuesOf<T>(this: ReadableStream<T>, options: { preventCancel?: boolean } = {}) {
  const reader = this.getReader();
  return {
    async next() {
      try {
        const part = await reader.read();
        if (part.done) reader.releaseLock();
        return part;
      } catch (error) {
        reader.releaseLock();
        throw error;
      }
    },
    async return(value?: unknown) {
      const cancelled = options.preventCancel ? undefined : reader.cancel(value);
      reader.releaseLock();
      await cancelled;
      return { done: true, value };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** Encoding Standard, section 8.4: a surrogate pair may be cut in two by the pieces. */
function encoderStream() {
  const ENDS_IN_HALF_A_PAIR = /[\ud800-\udbff]$/;
  return class TextEncoderStream {
    readonly encoding = 'utf-8';
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<string>;
    constructor() {
      const encoder = new TextEncoder();
      let half = '';
      const { readable, writable } = new TransformStream<string, Uint8Array>({
        transform(piece, controller) {
          let text = half + String(piece);
          half = ENDS_IN_HALF_A_PAIR.exec(text)?.[0] ?? '';
          text = text.slice(0, text.length - half.length);
          if (text) controller.enqueue(encoder.encode(text));
        },
        flush(controller) {
          if (half) controller.enqueue(encoder.encode(half));
        },
      });
      this.readable = readable;
      this.writable = writable;
    }
  };
}

/** Encoding Standard, section 8.3. */
function decoderStream() {
  return class TextDecoderStream {
    readonly encoding: string;
    readonly fatal: boolean;
    readonly ignoreBOM: boolean;
    readonly readable: ReadableStream<string>;
    readonly writable: WritableStream<BufferSource>;
    constructor(label?: string, options?: TextDecoderOptions) {
      const decoder = new TextDecoder(label, options);
      ({ encoding: this.encoding, fatal: this.fatal, ignoreBOM: this.ignoreBOM } = decoder);
      const { readable, writable } = new TransformStream<BufferSource, string>({
        transform(piece, controller) {
          const text = decoder.decode(piece, { stream: true });
          if (text) controller.enqueue(text);
        },
        flush(controller) {
          const text = decoder.decode();
          if (text) controller.enqueue(text);
        },
      });
      this.readable = readable;
      this.writable = writable;
    }
  };
}

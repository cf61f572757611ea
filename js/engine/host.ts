/** What both directions need of the host's interfaces. */

const fetch = globalThis.fetch; // scripts may replace theirs

/**
 * The host lets requests to these fail when the body of the call's request has something to read, and when that of its
 * response has room (bridge/src/script.rs). So the rest of the script goes on in the meantime, which it would not while
 * a function of the host blocks.
 */
const until = async (url: string): Promise<void> => void (await fetch(url).catch(() => {}));
export const somethingToRead = () => until('http://request-body.peko.invalid/');
export const roomToWrite = () => until('http://response-body.peko.invalid/');
/** ... and when an operation on a key-value store is done. */
export const operationDone = (operation: bigint) => until(`http://${operation}.key-value.peko.invalid/`);

/** A stream of wasi:io that has ended throws this from its calls. */
export function isClosed(error: unknown): boolean {
  return (error as { payload?: { tag?: string } } | undefined)?.payload?.tag === 'closed';
}

/** The bytes as a Uint8Array of the script's: what the host's interfaces return is of a class of its own. */
export function ownView(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
}

/** The value of a header field as the fetch standard has it: a character for each byte. */
export function toByteString(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

export function fromByteString(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

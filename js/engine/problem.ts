/** What a script threw, in words for its author. */
import { PREFIX_COLUMNS } from './script.ts';

/** `peko:js/loader`'s record. */
export interface Problem {
  kind: string;
  message: string;
  stack: string;
}

/** What frames of the script are called; set before it is evaluated. */
let script = '';
export function nameScript(name: string): void {
  script = name;
}

/** How many errors behind an error are told. */
const CAUSES_MAX = 8;

interface ErrorLike {
  name?: unknown;
  message?: unknown;
  stack?: unknown;
  cause?: unknown;
  errors?: unknown;
  /** Of an error that the host's interface gave. */
  payload?: unknown;
  lineNumber?: unknown;
  columnNumber?: unknown;
}

/** Describes anything that can be thrown, with the frames of the script alone. Never throws. */
export function problemOf(thrown: unknown): Problem {
  try {
    const problem = describe(thrown);
    const lines = [problem.stack];
    let behind = thrown;
    for (let causes = 0; causes < CAUSES_MAX; ++causes) {
      const { cause, errors } = Object(behind) as ErrorLike;
      behind = cause ?? (Array.isArray(errors) ? errors[0] : undefined);
      if (behind === undefined || behind === null) break;
      const next = describe(behind);
      lines.push(`caused by ${next.kind}: ${oneLine(next.message)}`, next.stack);
    }
    return { ...problem, stack: lines.filter(Boolean).join('\n') };
  } catch {
    return { kind: 'Error', message: 'what was thrown cannot be described: it throws itself', stack: '' };
  }
}

/** A problem as one text: its kind and message in the first line, then its frames. */
export function toText({ kind, message, stack }: Problem): string {
  return stack ? `${kind}: ${oneLine(message)}\n${stack}` : `${kind}: ${oneLine(message)}`;
}

function describe(thrown: unknown): Problem {
  if (typeof thrown !== 'object' || thrown === null || !('message' in thrown)) {
    return { kind: 'Thrown', message: plain(thrown), stack: '' };
  }
  const error = thrown as ErrorLike;
  const stack = frames(String(error.stack ?? ''));
  return {
    kind: String(error.name ?? 'Error'),
    message: error.payload === undefined ? String(error.message) : plain(error.payload),
    // The engine puts the place of a syntax error beside its stack, which has only the loader's frames.
    stack: stack || (thrown instanceof SyntaxError ? place(error) : ''),
  };
}

/** A value that is no error: an object as JSON, everything else as a string. */
function plain(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)) ?? String(value);
}

function place({ lineNumber, columnNumber }: ErrorLike): string {
  return shift(`${script}:${Number(lineNumber)}:${Number(columnNumber)}`);
}

function frames(stack: string): string {
  return stack.split('\n').filter((frame) => frame.includes(`@${script}:`)).map(shift).join('\n');
}

/** The first line of a script has the loader's prefix before it. */
function shift(frame: string): string {
  return frame.replace(/:1:(\d+)$/, (_, column: string) => `:1:${Math.max(1, Number(column) - PREFIX_COLUMNS)}`);
}

function oneLine(text: string): string {
  return text.replaceAll('\n', ' ');
}

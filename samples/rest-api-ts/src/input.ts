/** What a client may send. */
import { Problem, type FieldError } from './problem';

export interface Fields {
  title: string;
  notes: string;
  done: boolean;
  /** The calendar day, YYYY-MM-DD. */
  due: string | null;
}

const BODY_BYTES_MAX = 64 * 1024;
const TITLE_CHARS_MAX = 200;
const NOTES_CHARS_MAX = 1000;
const DEFAULTS = { notes: '', done: false, due: null };

/** For each field what it must be; true: it is. */
const RULES: { [Name in keyof Fields]: [(value: unknown) => boolean, string] } = {
  title: [(value) => isText(value, 1, TITLE_CHARS_MAX) && !/[\x00-\x1f]/.test(value as string), `must be a line of 1 to ${TITLE_CHARS_MAX} characters`],
  notes: [(value) => isText(value, 0, NOTES_CHARS_MAX), `must be a text of at most ${NOTES_CHARS_MAX} characters`],
  done: [(value) => typeof value === 'boolean', 'must be true or false'],
  due: [(value) => value === null || isDay(value), 'must be null or a day of the calendar, YYYY-MM-DD'],
};

/** The body, which must be a JSON object and not too long. */
export async function readObject(request: Request): Promise<Record<string, unknown>> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new Problem(415, 'Send a body of type application/json.');
  let value: unknown;
  try {
    value = JSON.parse(await readText(request));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Problem(400, `The body is no JSON: ${error.message}`);
    throw error;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Problem(400, 'The body must be a JSON object.');
  return value as Record<string, unknown>;
}

async function readText(request: Request): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  const reader = request.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    bytes += part.value.byteLength;
    if (bytes > BODY_BYTES_MAX) {
      await reader?.cancel();
      throw new Problem(413, `A body may have at most ${BODY_BYTES_MAX} bytes.`);
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

/** The fields that an object names; a whole todo has all of them, by default where it does not say. */
export function todoFields(object: Record<string, unknown>, kind: 'whole'): Fields;
export function todoFields(object: Record<string, unknown>, kind: 'part'): Partial<Fields>;
export function todoFields(object: Record<string, unknown>, kind: 'whole' | 'part'): Partial<Fields> {
  const errors: FieldError[] = [];
  const given = typeof object.title === 'string' ? { ...object, title: object.title.trim() } : object;
  if (kind === 'whole' && !('title' in object)) errors.push({ field: 'title', message: 'is required' });
  for (const [field, value] of Object.entries(given)) {
    const rule = Object.hasOwn(RULES, field) ? RULES[field as keyof Fields] : undefined;
    if (!rule) errors.push({ field, message: `is no field of a todo; those are ${Object.keys(RULES).join(', ')}` });
    else if (!rule[0](value)) errors.push({ field, message: rule[1] });
  }
  if (errors.length > 0) throw Problem.invalid(errors);
  return kind === 'whole' ? { ...DEFAULTS, ...given } : given;
}

function isText(value: unknown, least: number, most: number): boolean {
  return typeof value === 'string' && value.length >= least && value.length <= most;
}

function isDay(value: unknown): boolean {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const day = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value); // 31 April would be 1 May
}

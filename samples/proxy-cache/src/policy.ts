/** When an answer may be kept, and how long it is good for: the parts of RFC 9111 and RFC 5861 that a proxy needs. */

/** Of an answer that may be kept; seconds since `date`. */
export interface Life {
  /** When it was made, by our clock, in milliseconds since 1970. */
  date: number;
  /** As long it is served without a question. */
  fresh: number;
  /** After that, as long it is served while the next one is fetched. */
  staleWhileRevalidate: number;
  /** After that, as long it is served when the origin fails. */
  staleIfError: number;
}

/** Answers with another status are not kept. */
const STATUSES = new Set([200, 203, 301, 308, 404, 410]);

/** How long to keep an answer that came at `now`; nothing when it must not be kept, or cannot be used again. */
export function lifeOf(response: Response, now: number): Life | undefined {
  const control = directives(response.headers.get('cache-control'));
  if (!STATUSES.has(response.status) || control.has('no-store') || control.has('private')) return undefined;
  if (response.headers.has('set-cookie') || response.headers.get('vary')?.includes('*')) return undefined;
  const age = seconds(response.headers.get('age')) ?? 0;
  const fresh = control.has('no-cache') ? 0 : (seconds(control.get('s-maxage')) ?? seconds(control.get('max-age')) ?? expires(response.headers));
  const mayBeStale = !control.has('no-cache') && !control.has('must-revalidate') && !control.has('proxy-revalidate');
  const life: Life = {
    date: now - age * 1000,
    fresh: fresh ?? 0,
    staleWhileRevalidate: (mayBeStale && seconds(control.get('stale-while-revalidate'))) || 0,
    staleIfError: (mayBeStale && seconds(control.get('stale-if-error'))) || 0,
  };
  const canBeAsked = response.headers.has('etag') || response.headers.has('last-modified');
  return canBeAsked || secondsLeft(life, now) > 0 || isGoodMeanwhile(life, now) || isGoodOnError(life, now) ? life : undefined;
}

/** How long it is still fresh; negative: how long it has not been. */
export function secondsLeft(life: Life, now: number): number {
  return life.fresh - ageOf(life, now);
}

export function ageOf(life: Life, now: number): number {
  return Math.max(0, Math.floor((now - life.date) / 1000));
}

export function isGoodMeanwhile(life: Life, now: number): boolean {
  return -secondsLeft(life, now) < life.staleWhileRevalidate;
}

export function isGoodOnError(life: Life, now: number): boolean {
  return -secondsLeft(life, now) < life.staleIfError;
}

/** The directives of a Cache-Control field, by name in lower case. Of two of a name the first counts. */
export function directives(field: string | null): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', quoted, plain] of (field ?? '').matchAll(/([^\s,=]+)(?:\s*=\s*(?:"([^"]*)"|([^\s,]*)))?/g)) {
    if (!found.has(name.toLowerCase())) found.set(name.toLowerCase(), quoted ?? plain ?? '');
  }
  return found;
}

/** A number of seconds, at most a year; what is none counts as absent. */
function seconds(text: string | null | undefined): number | undefined {
  return text && /^\d+$/.test(text) ? Math.min(Number(text), 31_536_000) : undefined;
}

function expires(headers: Headers): number | undefined {
  const [until, date] = [headers.get('expires'), headers.get('date')].map((text) => Date.parse(text ?? ''));
  return until && date ? Math.max(0, Math.floor((until - date) / 1000)) : undefined;
}

/** A sighting: what the form asks for and what of it is accepted. */
import { findCloud, type Cloud } from './clouds';

export const PLACE_CHARS_MAX = 80;
export const NOTE_CHARS_MAX = 280;
export const OKTAS_MAX = 8;

export interface Sighting {
  cloud: Cloud;
  place: string;
  /** `YYYY-MM-DD`. */
  day: string;
  /** Eighths of the sky that are covered. */
  oktas: number;
  note: string;
}

export const FIELDS = ['cloud', 'place', 'day', 'oktas', 'note'] as const;

/** What is wrong, by field. */
export type Problems = Partial<Record<(typeof FIELDS)[number], string>>;

/** The sighting, or what is wrong with each field. */
export function parseSighting(input: URLSearchParams): { sighting?: Sighting; problems: Problems } {
  const problems: Problems = {};
  const text = (name: string) => (input.get(name) ?? '').trim();
  const [place, day, note] = [text('place'), text('day'), text('note')];
  const cloud = findCloud(text('cloud'));
  const oktas = text('oktas');
  if (!cloud) problems.cloud = 'Choose one of the ten.';
  if (place === '') problems.place = 'Say where you are.';
  else if (length(place) > PLACE_CHARS_MAX) problems.place = `At most ${PLACE_CHARS_MAX} characters.`;
  if (!isDay(day)) problems.day = 'Give a day as year, month and day.';
  if (!/^[0-8]$/.test(oktas)) problems.oktas = 'A number from 0 (clear) to 8 (overcast).';
  if (length(note) > NOTE_CHARS_MAX) problems.note = `At most ${NOTE_CHARS_MAX} characters; this has ${length(note)}.`;
  if (!cloud || Object.keys(problems).length > 0) return { problems };
  return { problems, sighting: { cloud, place, day, oktas: Number(oktas), note } };
}

/** The address of a sighting's card. */
export function cardAddress({ cloud, place, day, oktas, note }: Sighting): string {
  const query = new URLSearchParams({ cloud: cloud.slug, place, day, oktas: String(oktas) });
  if (note) query.set('note', note);
  return `/sightings/card?${query}`;
}

function length(text: string): number {
  return [...text].length;
}

/** True for a day of the calendar written `YYYY-MM-DD`. */
function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

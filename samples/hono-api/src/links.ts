/** The operations on links, and what they take. */
import { vValidator } from '@hono/valibot-validator';
import { Hono } from 'hono';
import * as v from 'valibot';
import type { App } from './env';
import { invalid, notFound, problem } from './problem';
import { SLUG } from './store';

const LIMIT_MAX = 100;
const URL_CHARS_MAX = 2048;
const SECONDS_MIN = 60; // as key-value stores have it
const SECONDS_MAX = 10 * 365 * 86_400;

const NewLink = v.strictObject({
  url: v.pipe(
    v.string('must be a string'),
    v.maxLength(URL_CHARS_MAX, `must have at most ${URL_CHARS_MAX} characters`),
    v.check(isWebUrl, 'must be an http or https URL'),
    v.transform((url) => new URL(url).href), // in ASCII, as a Location must be
  ),
  slug: v.optional(
    v.pipe(
      v.string('must be a string'),
      v.regex(new RegExp(`^${SLUG.source}$`), 'must be 3 to 64 letters, digits, "-" or "_"'),
      v.check((slug) => slug !== 'links', 'is an address of the API itself'),
    ),
  ),
  expires_in: v.optional(v.pipe(v.number('must be a number of seconds'), wholeNumber(SECONDS_MIN, SECONDS_MAX))),
});

const Listing = v.strictObject({
  limit: v.optional(v.pipe(v.string(), v.transform(Number), wholeNumber(1, LIMIT_MAX)), '20'),
  cursor: v.optional(v.string()),
});

export const links = new Hono<App>()
  .get('/', vValidator('query', Listing, invalid), async (c) => {
    const { limit, cursor } = c.req.valid('query');
    const page = await c.var.links.page(limit, cursor);
    if (page) return c.json(page);
    return problem(c, 400, 'Some fields cannot be taken as they are.', [{ field: 'cursor', message: 'is none that a page has given' }]);
  })
  .post('/', vValidator('json', NewLink, invalid), async (c) => {
    const { url, slug, expires_in } = c.req.valid('json');
    const days = Number(c.env.LINK_DAYS ?? 0);
    const link = await c.var.links.add(url, slug, expires_in ?? (days > 0 ? days * 86_400 : undefined));
    if (!link) return problem(c, 409, `There is a link ${slug} already.`);
    return c.json(link, 201, { location: `/links/${link.slug}` });
  })
  .get(`/:slug{${SLUG.source}}`, async (c) => {
    const link = await c.var.links.find(c.req.param('slug'));
    return link ? c.json(link) : notFound(c);
  })
  .delete(`/:slug{${SLUG.source}}`, async (c) => ((await c.var.links.remove(c.req.param('slug'))) ? c.body(null, 204) : notFound(c)));

function wholeNumber(least: number, most: number) {
  const fits = (n: number) => Number.isInteger(n) && n >= least && n <= most;
  return v.check(fits, `must be a whole number from ${least} to ${most}`);
}

function isWebUrl(text: string): boolean {
  try {
    return ['http:', 'https:'].includes(new URL(text).protocol);
  } catch {
    return false;
  }
}

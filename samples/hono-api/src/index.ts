/** A short-link service: what every answer goes through, and which address does what. */
import { Hono, type Context } from 'hono';
import { bearerAuth } from 'hono/bearer-auth';
import { bodyLimit } from 'hono/body-limit';
import { cors } from 'hono/cors';
import { secureHeaders } from 'hono/secure-headers';
import type { App } from './env';
import { links } from './links';
import { Links, SLUG } from './store';
import { notFound, onError, problem } from './problem';

/** Longest accepted request body; the longest valid one takes under 9 KiB. */
const BODY_BYTES_MAX = 16 * 1024;

const app = new Hono<App>();

app.use(secureHeaders());
app.use(cors({ origin: '*', exposeHeaders: ['location'] }));
app.use(bodyLimit({ maxSize: BODY_BYTES_MAX, onError: (c) => problem(c, 413, `A body may have at most ${BODY_BYTES_MAX} bytes.`) }));
app.use(async (c, next) => {
  c.set('links', new Links(c.env.KV));
  await next();
});
// Reading is open to all. Writing needs the token, where there is one.
app.on(['POST', 'DELETE'], '/links/*', async (c, next) => {
  const token = c.env.API_TOKEN;
  if (!token) return next();
  return bearerAuth({ token })(c as Context, next);
});

app.get('/', (c) =>
  c.json({
    links: { 'GET /links': 'a page of them', 'POST /links': 'adds one', 'GET /links/{slug}': 'one', 'DELETE /links/{slug}': 'removes it' },
    'GET /{slug}': 'leads to where a link points',
  }),
);
app.route('/links', links);
app.get(`/:slug{${SLUG.source}}`, async (c) => {
  const url = await c.var.links.target(c.req.param('slug'));
  return url === null ? notFound(c) : c.redirect(url);
});
app.notFound(notFound);
app.onError(onError);

export default app;

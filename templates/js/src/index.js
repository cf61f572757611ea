import { page } from './page.js';

/**
 * `env` has what [env] of peko.toml sets.
 * @type {import('@peko/types').ExportedHandler<{ GREETING: string }>}
 */
const app = {
  async fetch(request, env) {
    const url = new URL(request.url);
    switch (url.pathname) {
      case '/':
        return new Response(page(env.GREETING), { headers: { 'content-type': 'text/html; charset=utf-8' } });
      case '/api/hello':
        return Response.json({ message: `${env.GREETING}, ${url.searchParams.get('name') ?? 'world'}!` });
      default:
        return new Response('There is nothing here.\n', { status: 404 });
    }
  },
};

export default app;

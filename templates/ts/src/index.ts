import type { ExportedHandler } from '@peko/types';
import { page } from './page';

/** What [env] of peko.toml sets. */
interface Env {
  GREETING: string;
}

export default {
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
} satisfies ExportedHandler<Env>;

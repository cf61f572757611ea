import type { KVNamespace } from '@peko/types';
import type { Links } from './store';

/** What the function is given: the manifest's [env], its secrets, its key-value store. */
interface Env {
  KV: KVNamespace;
  /** Days that a link lives when it does not say; "0" or nothing: for ever. */
  LINK_DAYS?: string;
  /** What those who write must know; nothing: anybody may. */
  API_TOKEN?: string;
}

/** What Hono's handlers find in `c.env` and `c.var`. */
export interface App {
  Bindings: Env;
  Variables: { links: Links };
}

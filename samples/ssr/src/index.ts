/** The function: answers requests with the site. */
import type { ExportedHandler } from '@peko/types';
import { site, type Env } from './site';

export default { fetch: site } satisfies ExportedHandler<Env>;

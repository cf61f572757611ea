/** The component's entry: the site behind WASI's incoming-handler. */
import { adapt } from './adapter';
import { site } from './site';

export const incomingHandler = adapt({ fetch: site });

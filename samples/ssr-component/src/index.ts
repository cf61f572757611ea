/** The component's entry: the site of samples/ssr behind WASI's incoming-handler. */
import { site } from '../../ssr/src/site';
import { adapt } from './adapter';

export const incomingHandler = adapt({ fetch: site });

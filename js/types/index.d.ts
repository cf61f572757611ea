/**
 * What a JavaScript function of Peko exports and is given. The web's own classes (Request, Response, URL, ...) are
 * those of TypeScript's library "WebWorker"; docs/javascript.md says which of them exist.
 *
 *     import type { ExportedHandler } from '@peko/types';
 *
 *     export default {
 *       async fetch(request, env, ctx) {
 *         return new Response(`Hello from ${new URL(request.url).pathname}, ${env.NAME}`);
 *       },
 *     } satisfies ExportedHandler<{ NAME: string }>;
 */

/** The default export of a function. `Env` names the variables of [env] in its peko.toml, and its secrets. */
export interface ExportedHandler<Env = Record<string, string | undefined>> {
  /**
   * Answers one request. Called for one request after another on the same instance, never for two at once. What it
   * throws is answered by status 500 (PEKO-EXCEPTION), and the log has the error with its stack.
   */
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response>;
}

/** What belongs to one call of `fetch`. */
export interface ExecutionContext {
  /** Keeps the instance at work until `promise` settles, after the response was sent. A rejection goes to the log. */
  waitUntil(promise: Promise<unknown>): void;
  /** Does nothing: there is no origin behind a function. For code that was written for platforms with one. */
  passThroughOnException(): void;
}

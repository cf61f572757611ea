/** Errors: RFC 9457 problem details in JSON, whoever found the mistake. */
import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { getDotPath, type BaseIssue } from 'valibot';
import type { App } from './env';

interface FieldError {
  field: string;
  message: string;
}

export function problem(c: Context<App>, status: ContentfulStatusCode, detail: string, errors?: FieldError[]): Response {
  return c.json({ type: 'about:blank', status, detail, errors }, status, { 'content-type': 'application/problem+json' });
}

export function notFound(c: Context<App>): Response {
  return problem(c, 404, `There is nothing at ${c.req.path}.`);
}

/** 400 with a reason for each field; for the validators of the routes. */
export function invalid(result: { success: boolean; issues?: [BaseIssue<unknown>, ...BaseIssue<unknown>[]] }, c: Context): Response | undefined {
  if (result.success) return undefined;
  const errors = result.issues?.map((issue) => ({ field: getDotPath(issue) ?? '', message: reason(issue) }));
  return problem(c, 400, 'Some fields cannot be taken as they are.', errors);
}

function reason(issue: BaseIssue<unknown>): string {
  if (issue.expected === 'never') return 'is not known';
  return issue.input === undefined && issue.type !== 'check' ? 'is required' : issue.message;
}

/** What a middleware refused, and what nobody expected: the log has its name, message and line, the client only that it happened. */
export function onError(error: Error, c: Context<App>): Response {
  if (error instanceof HTTPException) {
    const text = error.message || 'The request was refused.';
    const response = problem(c, error.status as ContentfulStatusCode, text.endsWith('.') ? text : `${text}.`);
    error.res?.headers.forEach((value, name) => {
      if (name === 'www-authenticate') response.headers.set(name, value);
    });
    return response;
  }
  console.error(error.stack ?? String(error));
  return problem(c, 500, 'Something went wrong here; the log has it.');
}

/** What is thrown to refuse a request: RFC 9457 problem details. */

export interface FieldError {
  field: string;
  message: string;
}

export class Problem extends Error {
  constructor(
    private readonly status: number,
    detail: string,
    private readonly more: { errors?: FieldError[]; headers?: Record<string, string> } = {},
  ) {
    super(detail);
  }

  /** 400 with a reason for each field. */
  static invalid(errors: FieldError[]): Problem {
    return new Problem(400, 'Some fields cannot be taken as they are.', { errors });
  }

  response(): Response {
    const { status, message: detail, more } = this;
    const headers = { ...more.headers, 'content-type': 'application/problem+json' };
    return new Response(JSON.stringify({ type: 'about:blank', status, detail, errors: more.errors }), { status, headers });
  }
}

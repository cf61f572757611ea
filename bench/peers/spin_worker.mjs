// Hello, World; /spin computes for a second. For runtimes with `fetch`. workerd's clock stands still while a function
// computes, so the work is counted and not timed.
const ROUNDS = 400_000_000; // about a second of an optimising compiler's code

export default {
  fetch(request) {
    let sum = 0;
    if (request.url.endsWith('/spin')) {
      for (let i = 0; i < ROUNDS; i++) sum = (sum * 31 + i) | 0;
    }
    return new Response('Hello, World!', { headers: { 'content-type': 'text/plain', 'x-sum': String(sum) } });
  },
};

// Hello, World; /spin computes for half a second or so. For runtimes with `fetch`. workerd's clock stands still while a function
// computes, so the work is counted and not timed.
const ROUNDS = 200_000_000; // some half a second of code by an optimising compiler

export default {
  fetch(request) {
    let sum = 0;
    if (request.url.endsWith('/spin')) {
      for (let i = 0; i < ROUNDS; i++) sum = (sum * 31 + i) | 0;
    }
    return new Response('Hello, World!', { headers: { 'content-type': 'text/plain', 'x-sum': String(sum) } });
  },
};

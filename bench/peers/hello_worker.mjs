// The same as hello.mjs, for runtimes with `fetch`.
export default {
  fetch() {
    return new Response('Hello, World!', { headers: { 'content-type': 'text/plain' } });
  },
};

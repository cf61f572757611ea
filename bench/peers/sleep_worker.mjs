// Waits as many milliseconds as the path says. For runtimes with `fetch`.
export default {
  async fetch(request) {
    const wait = Number(new URL(request.url).pathname.slice(1));
    await new Promise((done) => setTimeout(done, wait));
    return new Response('slept\n');
  },
};

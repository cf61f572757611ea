// GET http://AUTHORITY/REST for /AUTHORITY/REST: status and body are passed on. For runtimes with `fetch`.
export default {
  async fetch(request) {
    const answer = await fetch(`http:/${new URL(request.url).pathname}`);
    return new Response(answer.body, { status: answer.status });
  },
};

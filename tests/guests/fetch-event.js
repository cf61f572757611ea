// A real one-shot: what componentize-js makes of a fetch event works for one request and never again.
let served = 0;
addEventListener("fetch", (event) => {
  served += 1;
  event.respondWith((async () => new Response(`${event.request.method} ${served} ${await event.request.text()}`))());
});

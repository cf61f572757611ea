/** An origin for the tests: it answers each path as it is told to, and keeps what it was asked. */
import { once } from 'node:events';
import http from 'node:http';

export async function startOrigin() {
  const origin = { answers: {}, requests: [] };
  const server = http.createServer(async (request, response) => {
    origin.requests.push(request);
    const { status = 200, headers = {}, body = 'body', after } = origin.answers[request.url] ?? { status: 404, body: 'nothing' };
    await after; // it answers when this is done
    if (headers.etag !== undefined && request.headers['if-none-match'] === headers.etag) {
      response.writeHead(304, headers).end();
    } else {
      response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(body);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin.url = `http://127.0.0.1:${server.address().port}`;
  origin.count = (path) => origin.requests.filter(({ url }) => url === path).length;
  origin.last = (path) => origin.requests.findLast(({ url }) => url === path);
  origin.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return origin;
}

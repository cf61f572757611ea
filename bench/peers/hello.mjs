// node hello.mjs PORT: the least that Node.js's http can do: one head with a length, no pieces.
import { createServer } from 'node:http';

const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': 13 });
  response.end('Hello, World!');
});
server.keepAliveTimeout = 0; // never closes a connection that waits for its next request
server.listen(Number(process.argv[2]), '127.0.0.1', 4096);

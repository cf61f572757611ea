// node echo.mjs PORT: each request's body is its answer.
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/octet-stream' });
  request.pipe(response);
});
server.keepAliveTimeout = 0; // never closes a connection that waits for its next request
server.listen(Number(process.argv[2]), '127.0.0.1', 4096);

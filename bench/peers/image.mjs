// node image.mjs PORT PHOTO: what samples/image-resize does with its photo, by sharp (libvips, native code).
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';

const peers = createRequire(new URL('../../tests/peers/package.json', import.meta.url));
const sharp = peers('sharp');
sharp.concurrency(1); // one CPU: more threads only wait for each other
sharp.cache(false); // each request does the work
const photo = readFileSync(process.argv[3]);
const server = createServer(async (request, response) => {
  const query = new URL(request.url, 'http://localhost').searchParams;
  const picture = await sharp(photo)
    .resize(Number(query.get('w')), Number(query.get('h')), { fit: query.get('fit') })
    .jpeg({ quality: 80 })
    .toBuffer();
  response.writeHead(200, { 'content-type': 'image/jpeg', 'content-length': picture.length });
  response.end(picture);
});
server.keepAliveTimeout = 0; // never closes a connection that waits for its next request
server.listen(Number(process.argv[2]), '127.0.0.1', 4096);

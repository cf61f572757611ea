// Serves a project's bundle on workerd, as Cloudflare would: node workerd.mjs PROJECT MANIFEST-AS-JSON. Prints its
// address, ends with stdin. The bundle is the one that `peko build` made; [env], the assets and the key-value store are as peko.toml has
// them, and all else is workerd's own.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Miniflare } from 'miniflare';

const project = process.argv[2];
const manifest = JSON.parse(process.argv[3]); // what matters of peko.toml: { name, env, assets }
const worker = new Miniflare({
  modules: [{ type: 'ESModule', path: 'worker.js', contents: readFileSync(join(project, `.peko/${manifest.name}.js`)) }],
  compatibilityDate: '2026-04-01',
  bindings: manifest.env ?? {},
  kvNamespaces: ['KV'],
  ...(manifest.assets ? { assets: { directory: join(project, manifest.assets), routerConfig: { has_user_worker: true } } } : {}),
  host: '127.0.0.1',
  port: 0,
});
console.log((await worker.ready).origin);
process.stdin.resume().on('end', () => worker.dispose());

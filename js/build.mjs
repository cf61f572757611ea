// Builds the engine: type-check, bundle, componentize. Usage: node build.mjs OUT.wasm
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { componentize } from '@bytecodealliance/componentize-js';
import { build } from 'esbuild';
import { tellingOfRejections } from './rejections.mjs';

const out = resolve(process.argv[2]);
process.chdir(dirname(fileURLToPath(import.meta.url)));

execFileSync(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'engine'], { stdio: 'inherit' });

const bundle = `${out}.bundle.js`;
await build({
  entryPoints: ['engine/engine.ts'],
  outfile: bundle,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  external: ['wasi:*', 'peko:*'],
  logLevel: 'warning',
});
const starling = join('node_modules', '@bytecodealliance', 'componentize-js', 'lib', 'starlingmonkey_embedding.wasm');
const engine = `${out}.starling.wasm`;
writeFileSync(engine, tellingOfRejections(readFileSync(starling)));
const { component } = await componentize({ sourcePath: bundle, engine, witPath: 'wit', worldName: 'engine' });
writeFileSync(`${out}.new`, component);
renameSync(`${out}.new`, out);
rmSync(bundle);
rmSync(engine);

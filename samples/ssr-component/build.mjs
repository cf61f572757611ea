// Builds the site as a component: type-check, bundle, componentize. Usage: node build.mjs OUT.wasm
//
// componentize-js runs the bundle's top level once, now, and stores the heap in the component: a request starts
// with everything evaluated. So nothing at top level may ask for the time, for randomness or for the network.
import { execFileSync } from 'node:child_process';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { componentize } from '@bytecodealliance/componentize-js';
import { build } from 'esbuild';

const out = resolve(process.argv[2]);
const here = dirname(fileURLToPath(import.meta.url));
process.chdir(here);

execFileSync(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '--noEmit'], { stdio: 'inherit' });

const bundle = `${out}.bundle.js`;
await build({
  entryPoints: ['src/index.ts'],
  outfile: bundle,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  mainFields: ['module', 'main'],
  conditions: ['import', 'worker', 'browser'],
  external: ['wasi:*'],
  logLevel: 'warning',
});
const { component } = await componentize({ sourcePath: bundle, witPath: 'wit', worldName: 'guest-env' });
writeFileSync(`${out}.new`, component);
renameSync(`${out}.new`, out);
rmSync(bundle);

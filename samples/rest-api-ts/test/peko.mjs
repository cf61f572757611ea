/**
 * `peko dev` on this project, for the tests: with a port and a data folder of its own. PEKO_BIN names the program,
 * otherwise the one in PATH is taken. With PEKO_URL the tests ask the server at that address instead.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROGRAM = process.env.PEKO_BIN ? resolve(process.env.PEKO_BIN) : 'peko';
const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const START_SECONDS = 120; // a build may come first

/** Whether the server is not ours: it cannot be started again, and may hold what others put there. */
export const isForeign = process.env.PEKO_URL !== undefined;

/** Starts it; ready to answer at `url` when this returns. */
export async function serve(project = PROJECT) {
  if (isForeign) return { url: process.env.PEKO_URL.replace(/\/$/, ''), restart() {}, stop() {} };
  const folder = mkdtempSync(join(tmpdir(), 'peko-test-'));
  const server = {
    async start() {
      const flags = ['--no-watch', '--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0'];
      const options = { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] };
      this.process = spawn(PROGRAM, ['dev', project, ...flags], options);
      this.url = `http://127.0.0.1:${await port(this.process)}`;
    },
    async end() {
      const exited = once(this.process, 'exit');
      if (this.process.kill()) await exited;
    },
    async restart() {
      await this.end();
      await this.start();
    },
    async stop() {
      await this.end();
      rmSync(folder, { recursive: true });
    },
  };
  await server.start();
  return server;
}

/** The port that the process says it listens on. */
function port(child) {
  return new Promise((resolve, reject) => {
    let output = '';
    const late = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`peko dev does not serve after ${START_SECONDS} s:\n${output}`));
    }, START_SECONDS * 1000);
    const read = (text) => {
      output += text;
      const found = /http:\/\/[a-z][^\s/]*:(\d+)\//.exec(output);
      if (!found) return;
      clearTimeout(late);
      resolve(found[1]);
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.on('close', () => clearTimeout(late));
    child.on('error', (error) => reject(new Error(`${error.message}: put peko into PATH, or its file name into PEKO_BIN`)));
    child.on('exit', () => reject(new Error(`peko dev ended before it served:\n${output}`)));
  });
}

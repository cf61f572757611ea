/** Errors as people read them: the engine's own console prints them as code. Evaluated when the engine is built. */
import { define } from './define.ts';
import { problemOf, toText } from './problem.ts';

for (const name of ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const) {
  const print = console[name];
  define(console, name, (...values: unknown[]) => {
    print.apply(console, values.map((value) => (value instanceof Error ? toText(problemOf(value)) : value)));
  });
}

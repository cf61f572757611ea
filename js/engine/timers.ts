/** Timers belong to the call that sets them: none goes on into the next request. Evaluated when the engine is built. */
import { define } from './define.ts';

type Callback = (...values: unknown[]) => void;
const { setTimeout, setInterval, clearTimeout } = globalThis; // a timer of either kind is cleared by either function
const running = new Set<number>();

define(globalThis, 'setTimeout', (callback: Callback, delay?: number, ...values: unknown[]) => {
  const once = () => {
    running.delete(timer);
    callback(...values);
  };
  const timer: number = setTimeout(typeof callback === 'function' ? once : callback, delay);
  running.add(timer);
  return timer;
});

define(globalThis, 'setInterval', (callback: Callback, delay?: number, ...values: unknown[]) => {
  const timer: number = setInterval(callback, delay, ...values);
  running.add(timer);
  return timer;
});

for (const name of ['clearTimeout', 'clearInterval']) {
  define(globalThis, name, (timer: number) => {
    running.delete(timer);
    clearTimeout(timer);
  });
}

export function clearTimers(): void {
  for (const timer of running) clearTimeout(timer);
  running.clear();
}

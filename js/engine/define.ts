/** A property as the platform's own are: not enumerable, and scripts may replace it. */
export function define(target: object, name: PropertyKey, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true });
}

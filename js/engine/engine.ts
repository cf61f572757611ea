/**
 * The component that all JavaScript functions share: the host makes an instance of it, loads one script into that, and
 * calls it for one request after another.
 */
import './body.ts';
import './clone.ts';
import './console.ts';
import './form.ts';
import './web.ts';
import { answer } from './call.ts';
import { nameScript, problemOf } from './problem.ts';
import { Script } from './script.ts';

let script: Script | undefined;

/** The export `peko:js/loader`. */
export const loader = {
  async load(name: string, text: string): Promise<void> {
    try {
      if (script) throw new Error('this instance has a script already');
      nameScript(name);
      script = await Script.load(name, text);
    } catch (error) {
      throw problemOf(error); // what is thrown here becomes the error of WIT's result
    }
  },
};

/** The export `wasi:http/incoming-handler`. It must not throw: that ends the instance. */
export const incomingHandler = {
  handle: (incoming: Parameters<typeof answer>[1], outparam: Parameters<typeof answer>[2]) =>
    answer(script, incoming, outparam),
};

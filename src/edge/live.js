// What `peko dev` adds to the pages of a function: reloads the page when the function has changed, and shows why a
// build failed while it has.
(() => {
  const script = document.currentScript;
  if (!script || window.pekoLive) return;
  window.pekoLive = true;
  const { function: name, state: shown } = script.dataset;
  // A page that is itself about a failed build follows the next one.
  const shownProblem = document.querySelector('meta[name="peko-problem"]')?.content;

  // Storage is denied to some pages (sandboxed frames); then a reload forgets where it was scrolled to.
  const remember = (key, value) => {
    try {
      sessionStorage.setItem(`peko.${key}`, value);
    } catch {}
  };
  const recall = (key) => {
    try {
      return sessionStorage.getItem(`peko.${key}`);
    } catch {
      return null;
    }
  };

  // Once for each state: a page that comes out of a cache again and again is not reloaded for ever.
  const reload = (state) => {
    const key = `${state} ${location.href}`;
    if (recall('reloaded') === key) return;
    remember('reloaded', key);
    remember('scroll', JSON.stringify([location.href, scrollX, scrollY]));
    location.reload();
  };

  const scrollBack = () => {
    const [url, x, y] = JSON.parse(recall('scroll') ?? '[]');
    if (url === location.href) scrollTo({ left: x, top: y, behavior: 'instant' });
    remember('scroll', '[]');
  };
  if (document.readyState === 'complete') scrollBack();
  else addEventListener('load', scrollBack, { once: true });

  const style = `
    :host { all: initial; position: fixed; inset: 0; z-index: 2147483647; width: auto; height: auto; margin: 0; padding: 0;
      border: 0; background: rgb(0 0 0 / 60%); overflow: auto; }
    section { box-sizing: border-box; max-width: 60rem; margin: 5vh auto; padding: 1.5rem; border-top: 6px solid #e5484d;
      border-radius: 8px; background: #18191b; color: #edeef0; font: 15px/1.5 system-ui, sans-serif; }
    h1 { margin: 0 0 1rem; font-size: 1.25rem; }
    h2 { margin: 1rem 0 .5rem; font-size: .875rem; color: #b0b4ba; }
    pre { margin: 0; padding: .75rem 1rem; overflow-x: auto; border-radius: 6px; background: #0c0d0e;
      font: 13px/1.55 ui-monospace, monospace; tab-size: 4; }
    pre.message { white-space: pre-wrap; overflow-wrap: anywhere; }
    .at { color: #ff9592; }
    p { margin: 1rem 0 0; font-size: .8125rem; color: #b0b4ba; }
    button { float: right; border: 0; padding: .25rem .5rem; background: none; color: inherit; font-size: 1rem; cursor: pointer; }`;

  let overlay = null;
  const element = (tag, text, className) => {
    const made = document.createElement(tag);
    made.textContent = text; // never as markup: a compiler quotes anything
    if (className) made.className = className;
    return made;
  };
  const close = () => {
    overlay?.remove();
    overlay = null;
  };
  const open = (problem) => {
    close();
    const place = [problem.file, problem.line, problem.column].filter(Boolean).join(':');
    const box = element('section', '');
    box.setAttribute('role', 'alertdialog');
    box.setAttribute('aria-label', 'The build failed');
    const button = element('button', '\u2715');
    button.title = 'Close (Esc)';
    button.addEventListener('click', close);
    box.append(button, element('h1', `${name} could not be built`), element('pre', problem.message.trim(), 'message'));
    if (place) box.append(element('h2', place));
    if (problem.excerpt) {
      const code = element('pre', '');
      for (const line of problem.excerpt.trimEnd().split('\n')) code.append(element('span', `${line}\n`, line.startsWith('>') ? 'at' : ''));
      box.append(code);
    }
    box.append(element('p', 'The version before it goes on serving. This goes away when the build works again.'));
    overlay = document.createElement('peko-overlay');
    const shadow = overlay.attachShadow({ mode: 'open' });
    const sheet = new CSSStyleSheet(); // unlike a style element, a page's security policy permits it
    sheet.replaceSync(style);
    shadow.adoptedStyleSheets = [sheet];
    shadow.append(box);
    document.documentElement.append(overlay);
    if (overlay.showPopover) {
      overlay.popover = 'manual'; // above whatever the page has on top
      overlay.showPopover();
    }
  };
  addEventListener('keydown', (event) => event.key === 'Escape' && close());

  const DELAY_MIN = 100;
  const DELAY_MAX = 3000;
  let delay = DELAY_MIN;
  let source = null;
  let retry = 0;
  let openFor = null; // the number of the problem that has been shown, closed or not

  const take = ({ state, problem }) => {
    delay = DELAY_MIN;
    if (state !== shown) return reload(state);
    if (shownProblem) {
      if (problem && String(problem.number) !== shownProblem) reload(`${state}.${problem.number}`);
      return;
    }
    if (!problem) {
      openFor = null;
      close();
    } else if (problem.number !== openFor) {
      openFor = problem.number;
      open(problem);
    }
  };
  const disconnect = () => {
    clearTimeout(retry);
    source?.close();
    source = null;
  };
  const connect = () => {
    disconnect();
    // A browser has six connections for a host: pages that nobody looks at leave theirs to others, and ask when they
    // are looked at again.
    if (document.hidden) return;
    source = new EventSource(`/.peko/live?function=${encodeURIComponent(name)}`);
    source.addEventListener('state', (event) => take(JSON.parse(event.data)));
    source.addEventListener('error', () => {
      disconnect();
      retry = setTimeout(connect, delay);
      delay = Math.min(2 * delay, DELAY_MAX);
    });
  };

  // A frame of a page that does all this is reloaded with it, and leaves it its connections.
  const outer = (() => {
    try {
      return parent !== window && parent.document ? parent : null;
    } catch {
      return null; // of another site
    }
  })();
  const begin = () => {
    if (outer?.pekoLive) return;
    // A page whose policy forbids it is left alone.
    document.addEventListener('securitypolicyviolation', (event) => {
      if (event.blockedURI.includes('/.peko/live')) disconnect();
    });
    document.addEventListener('visibilitychange', connect);
    addEventListener('pagehide', disconnect);
    addEventListener('pageshow', (event) => event.persisted && connect());
    connect();
  };
  if (outer && outer.document.readyState !== 'complete') outer.addEventListener('load', begin, { once: true });
  else begin();
})();

/**
 * The page at "/".
 * @param {string} greeting
 */
export function page(greeting) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{name}}</title>
<style>
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem; }
  :root { color-scheme: light dark; }
</style>
<h1>${escaped(greeting)} from {{name}}</h1>
<p>This page is made in <code>src/page.js</code>: change it, save, and look again.</p>
<p>There is an API too: <a href="/api/hello?name=Ada">/api/hello?name=Ada</a></p>
`;
}

/**
 * As text of HTML.
 * @param {string} text
 */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

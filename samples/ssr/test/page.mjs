/** What a page holds, read from its text: links, form fields by name, headings. Fails when a tag is not closed. */
const VOID = new Set(['meta', 'link', 'img', 'input', 'br', 'hr']);
const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[^\s=>/]+(?:=(?:"[^"]*"|[^\s>]+))?)*)\s*(\/?)>|<!doctype html>/gi;
const ATTRIBUTE = /([^\s=]+)(?:="([^"]*)")?/g;

export function readPage(text) {
  const page = { text, tags: [], links: [], fields: {}, headings: [] };
  const open = [];
  for (const [, closing, written, attributes, selfClosing] of text.matchAll(TAG)) {
    const tag = written?.toLowerCase();
    if (!tag) continue;
    if (closing) {
      const last = open.pop();
      if (last !== tag) throw new Error(`</${tag}> closes <${last}>`);
      continue;
    }
    const given = Object.fromEntries([...attributes.matchAll(ATTRIBUTE)].map(([, name, value]) => [name, unescaped(value ?? '')]));
    page.tags.push([tag, given]);
    for (const name of ['href', 'src']) if (name in given) page.links.push(given[name]);
    if (['input', 'select', 'textarea'].includes(tag)) page.fields[given.name] = given;
    if (!VOID.has(tag) && !selfClosing) open.push(tag);
  }
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`);
  page.headings = [...text.matchAll(/<h[123][^>]*>(.*?)<\/h[123]>/gs)].map(([, inner]) => unescaped(inner.replaceAll(/<[^>]*>/g, '').trim()));
  return page;
}

function unescaped(text) {
  return text.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

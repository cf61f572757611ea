/** Which address shows what. */
import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { renderToReadableStream } from 'preact-render-to-string/stream';
import { findCloud, LEVELS, type Level } from './clouds';
import { Layout } from './layout';
import { About } from './pages/about';
import { CloudPage } from './pages/cloud';
import { Clouds } from './pages/clouds';
import { Home } from './pages/home';
import { NotFound } from './pages/not_found';
import { SightingCard, SightingForm } from './pages/sightings';
import { cardAddress, FIELDS, parseSighting, type Problems } from './sighting';
import { hasSky, SkyPicture } from './sky';

/** Longest accepted form; a valid one takes under 4 KiB, every character escaped. */
const FORM_BYTES_MAX = 16384;
const A_DAY = 'public, max-age=86400';
const encoder = new TextEncoder();

/** What the function is given: the manifest's [env]. */
export interface Env {
  SITE_NAME?: string;
}

interface Page {
  title: string;
  description?: string;
  status?: number;
  content: VNode;
}

/** Answers a request. */
export async function site(request: Request, env: Env): Promise<Response> {
  const url = new URL(request.url);
  const siteName = env.SITE_NAME ?? 'Cloudbook';
  if (url.pathname === '/sightings') {
    return request.method === 'POST' ? await record(request, url, siteName) : notAllowed('POST');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') return notAllowed('GET, HEAD');
  if (url.pathname === '/about') return streamed({ title: 'How it works', content: <About /> }, url, siteName);
  return sky(url.pathname) ?? whole(page(url, siteName), url, siteName);
}

/** The page at an address, the 404 page when there is none. */
function page(url: URL, siteName: string): Page {
  const { pathname, searchParams } = url;
  if (pathname === '/') return { title: siteName, content: <Home siteName={siteName} /> };
  if (pathname === '/clouds') {
    const level = searchParams.get('level') ?? undefined;
    if (level === undefined) return { title: 'The ten clouds', content: <Clouds level={undefined} /> };
    if (isLevel(level)) return { title: `${LEVELS[level].title} clouds`, content: <Clouds level={level} /> };
  }
  if (pathname === '/sightings/new') return form(Object.fromEntries(searchParams), {});
  if (pathname === '/sightings/card') {
    const { sighting, problems } = parseSighting(searchParams);
    if (!sighting) return form(Object.fromEntries(searchParams), problems);
    return { title: `${sighting.cloud.name}, ${sighting.place}`, content: <SightingCard sighting={sighting} /> };
  }
  const cloud = pathname.startsWith('/clouds/') ? findCloud(pathname.slice('/clouds/'.length)) : undefined;
  if (cloud) return { title: cloud.name, description: cloud.line, content: <CloudPage cloud={cloud} /> };
  return { title: 'Not found', status: 404, content: <NotFound /> };
}

function form(values: Record<string, string>, problems: Problems): Page {
  const status = Object.keys(problems).length > 0 ? 422 : 200;
  return { title: 'Record a sighting', status, content: <SightingForm values={values} problems={problems} /> };
}

/** Takes the form: on to the card, or back to the form with what was typed and what is wrong with it. */
async function record(request: Request, url: URL, siteName: string): Promise<Response> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') return plain(415, 'Send the form as application/x-www-form-urlencoded.');
  const body = await readText(request, FORM_BYTES_MAX);
  if (body === undefined) return plain(413, 'The form is too long.');
  const input = new URLSearchParams(body);
  const { sighting, problems } = parseSighting(input);
  if (sighting) return new Response(null, { status: 303, headers: { location: cardAddress(sighting) } });
  const values = Object.fromEntries(FIELDS.map((name) => [name, input.get(name) ?? '']));
  return whole(form(values, problems), url, siteName);
}

/** The body as text, or nothing as soon as it is longer than `most` bytes. */
async function readText(request: Request, most: number): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  const reader = request.body?.getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
    bytes += part.value.byteLength;
    if (bytes > most) {
      await reader?.cancel();
      return undefined;
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
}

/** The picture at an address; nothing where there is none. Style and icon are files, of `public`. */
function sky(path: string): Response | undefined {
  const name = /^\/skies\/([a-z]+)\.svg$/.exec(path)?.[1];
  if (name === undefined || !hasSky(name)) return undefined;
  const body = encoder.encode(renderToString(<SkyPicture name={name} />));
  const headers = { 'content-type': 'image/svg+xml', 'cache-control': A_DAY, 'content-length': String(body.byteLength), 'x-content-type-options': 'nosniff' };
  return new Response(body, { headers });
}

function framed({ title, description, content }: Page, url: URL, siteName: string): VNode {
  const about = description ?? 'A field guide to the ten kinds of cloud.';
  return <Layout title={title} description={about} path={url.pathname} siteName={siteName}>{content}</Layout>;
}

/** The page in one piece, with its length. */
function whole(page: Page, url: URL, siteName: string): Response {
  const body = encoder.encode(`<!doctype html>${renderToString(framed(page, url, siteName))}`);
  const headers = { ...pageHeaders("'none'"), 'content-length': String(body.byteLength) };
  return new Response(body, { status: page.status ?? 200, headers });
}

/** The page in the pieces that its Suspense boundaries make of it, each as soon as it is ready. */
function streamed(page: Page, url: URL, siteName: string): Response {
  const nonce = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const body = renderToReadableStream(framed(page, url, siteName), { nonce }); // with its own doctype
  return new Response(body, { headers: pageHeaders(`'nonce-${nonce}'`) });
}

function pageHeaders(scripts: string): Record<string, string> {
  return {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-security-policy':
      `default-src 'none'; style-src 'self'; img-src 'self'; script-src ${scripts}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    'referrer-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  };
}

function plain(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(`${text}\n`, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...headers } });
}

function notAllowed(allow: string): Response {
  return plain(405, `This address answers to ${allow} only.`, { allow });
}

function isLevel(text: string): text is Level {
  return Object.hasOwn(LEVELS, text);
}

/** The frame that every page shares. */
import type { ComponentChildren } from 'preact';

const LINKS = [
  { href: '/clouds', label: 'The ten clouds' },
  { href: '/sightings/new', label: 'Record a sighting' },
  { href: '/about', label: 'How it works' },
];

export interface Frame {
  title: string;
  description: string;
  path: string;
  siteName: string;
}

export function Layout({ title, description, path, siteName, children }: Frame & { children: ComponentChildren }) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="description" content={description} />
        <title>{title === siteName ? title : `${title} · ${siteName}`}</title>
        <link rel="icon" type="image/svg+xml" href="/favicon.svg" />
        <link rel="stylesheet" href="/style.css" />
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
          <a class="brand" href="/"><Mark />{siteName}</a>
          <nav aria-label="Main">
            {LINKS.map(({ href, label }) => (
              <a key={href} href={href} aria-current={path === href || path.startsWith(`${href}/`) ? 'page' : undefined}>{label}</a>
            ))}
          </nav>
        </header>
        <main id="main">{children}</main>
        <footer class="bottom">
          <p>Every page is rendered on the server by a WebAssembly component; the skies are drawn by your browser from a few numbers.</p>
        </footer>
      </body>
    </html>
  );
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M9.5 24a6 6 0 0 1-.6-12A8 8 0 0 1 24 13.3a5.4 5.4 0 0 1-.5 10.7Z" fill="currentColor" />
    </svg>
  );
}

/**
 * Draws a sky of each genus as SVG: fractal noise, which the viewer's browser computes, cut and coloured by a few
 * numbers. Equal genera give equal pictures, so they can be cached for ever.
 */
import type { ComponentChildren } from 'preact';
import { SCENES, type Heap, type Scene, type Sheet } from './scenes';

const WIDTH = 640;
const HEIGHT = 400;

/** Whether there is a picture of that name. */
export function hasSky(name: string): boolean {
  return Object.hasOwn(SCENES, name);
}

/** The picture `name` as an `<svg>`; `hasSky(name)` must hold. */
export function SkyPicture({ name }: { name: string }) {
  const scene = SCENES[name] as Scene;
  const { sun, rain } = scene;
  return (
    <svg xmlns="http://www.w3.org/2000/svg" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="xMidYMid slice">
      <defs>
        <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
          {scene.sky.map((color, i) => <stop key={i} offset={i / 2} stop-color={color} />)}
        </linearGradient>
        <clipPath id="frame"><rect width={WIDTH} height={HEIGHT} /></clipPath>
      </defs>
      <g clip-path="url(#frame)">
        <rect width={WIDTH} height={HEIGHT} fill="url(#sky)" />
        {sun && <Sun {...sun} />}
        {scene.sheets?.map((sheet, i) => <Noise key={i} id={`s${i}`} {...sheet} />)}
        {scene.heaps?.map((heap, i) => <Pile key={i} id={`h${i}`} {...heap} />)}
        {rain && <Rain {...rain} />}
        <Ground color={scene.ground} />
        {scene.veil?.map((sheet, i) => <Noise key={i} id={`v${i}`} {...sheet} />)}
      </g>
    </svg>
  );
}

function Filter({ id, children }: { id: string; children: ComponentChildren }) {
  return (
    <filter id={id} x="-20%" y="-20%" width="140%" height="140%" color-interpolation-filters="sRGB">{children}</filter>
  );
}

function Noise({ id, seed, across, down, octaves, gain, bias, color, opacity = 1, turn = 0, from, to }: Sheet & { id: string }) {
  const [r, g, b] = color;
  const masked = from !== undefined || to !== undefined;
  const fade = [from ? 0 : 1, 1, 1, to ? 0 : 1];
  const at = [from ?? 0, Math.min((from ?? 0) + 0.2, 1), Math.max((to ?? 1) - 0.35, (from ?? 0) + 0.2), to ?? 1];
  return (
    <>
      <defs>
        <Filter id={id}>
          <feTurbulence type="fractalNoise" baseFrequency={`${across} ${down}`} numOctaves={octaves} seed={seed} />
          <feColorMatrix values={`0 0 0 0 ${r} 0 0 0 0 ${g} 0 0 0 0 ${b} ${gain} 0 0 0 ${bias}`} />
        </Filter>
        {masked && (
          <>
            <linearGradient id={`${id}f`} x1="0" y1="0" x2="0" y2="1">
              {fade.map((value, i) => <stop key={i} offset={at[i]} stop-color="#fff" stop-opacity={value} />)}
            </linearGradient>
            <mask id={`${id}m`}><rect width={WIDTH} height={HEIGHT} fill={`url(#${id}f)`} /></mask>
          </>
        )}
      </defs>
      <g mask={masked ? `url(#${id}m)` : undefined} opacity={opacity}>
        <rect x={-WIDTH / 4} y={-HEIGHT / 2} width={WIDTH * 1.5} height={HEIGHT * 2} filter={`url(#${id})`}
          transform={turn ? `rotate(${turn} ${WIDTH / 2} ${HEIGHT / 2})` : undefined} />
      </g>
    </>
  );
}

function Pile({ id, seed, x, base, width, height, lumps, bright, dark, torn }: Heap & { id: string }) {
  const next = sequence(seed);
  const middle = x * WIDTH;
  const floor = base * HEIGHT;
  const puffs = Array.from({ length: lumps }, () => {
    const off = (next() + next()) - 1; // -1 to 1, most of them near the middle
    const room = height * (1 - Math.abs(off) ** 1.6);
    const size = (0.10 + 0.13 * next()) * Math.min(width, 1.7 * height) * (1 - 0.45 * Math.abs(off)) + 4;
    return { cx: middle + (off * width) / 2, cy: floor - size * 0.4 - next() * Math.max(room - size, 0), rx: size * 1.2, ry: size };
  });
  return (
    <>
      <defs>
        <linearGradient id={`${id}g`} gradientUnits="userSpaceOnUse" x1="0" x2="0" y1={floor - height} y2={floor}>
          <stop offset="0" stop-color={bright} />
          <stop offset="0.55" stop-color={bright} />
          <stop offset="1" stop-color={dark} />
        </linearGradient>
        <clipPath id={`${id}c`}><rect x={-WIDTH} y={-HEIGHT} width={WIDTH * 3} height={HEIGHT + floor} /></clipPath>
        <Filter id={id}>
          <feTurbulence type="fractalNoise" baseFrequency={0.75 / torn} numOctaves={5} seed={seed} result="noise" />
          <feDisplacementMap in="SourceGraphic" in2="noise" scale={torn * 1.7} xChannelSelector="R" yChannelSelector="G" result="torn" />
          <feGaussianBlur in="torn" stdDeviation="0.9" result="soft" />
          <feColorMatrix in="noise" values="0 0 0 0 0.36 0 0 0 0 0.44 0 0 0 0 0.56 0 0 3.4 0 -1.6" result="shade" />
          <feComposite in="shade" in2="soft" operator="in" result="shadow" />
          <feComponentTransfer in="shadow" result="faint"><feFuncA type="linear" slope="0.42" /></feComponentTransfer>
          <feMerge><feMergeNode in="soft" /><feMergeNode in="faint" /></feMerge>
        </Filter>
      </defs>
      <g filter={`url(#${id})`}>
        <g clip-path={`url(#${id}c)`} fill={`url(#${id}g)`}>
          <ellipse cx={middle} cy={floor - height * 0.12} rx={width * 0.46} ry={height * 0.2} />
          {puffs.map((puff, i) => <ellipse key={i} {...rounded(puff)} />)}
        </g>
      </g>
    </>
  );
}

function Sun({ x, y, halo, blur, strength }: NonNullable<Scene['sun']>) {
  const at = { cx: x * WIDTH, cy: y * HEIGHT };
  return (
    <>
      <defs>
        <Filter id="blur"><feGaussianBlur stdDeviation={blur} /></Filter>
        <radialGradient id="glow">
          <stop offset="0" stop-color="#fff" stop-opacity={strength} />
          <stop offset="1" stop-color="#fff" stop-opacity="0" />
        </radialGradient>
      </defs>
      <circle {...at} r="150" fill="url(#glow)" />
      <circle {...at} r="17" fill="#fffdf2" opacity={strength} filter="url(#blur)" />
      {halo && (
        <>
          <circle {...at} r="112" fill="none" stroke="#fff" stroke-width="9" opacity="0.5" filter="url(#blur)" />
          <circle {...at} r="107" fill="none" stroke="#e9b48d" stroke-width="2.5" opacity="0.45" />
        </>
      )}
    </>
  );
}

function Rain({ from, slant, opacity }: NonNullable<Scene['rain']>) {
  return <Noise id="rain" seed={40} across={0.09} down={0.0012} octaves={3} gain={3} bias={-1.25} color={[0.75, 0.79, 0.83]}
    opacity={opacity} turn={slant} from={from} />;
}

function Ground({ color }: { color: string }) {
  return (
    <>
      <path fill={color} opacity="0.55" d="M0 372 Q70 352 150 366 T330 356 T500 366 T640 350 V400 H0Z" />
      <path fill={color} d="M0 384 Q110 366 220 381 T430 376 T640 382 V400 H0Z" />
    </>
  );
}

function rounded<T extends Record<string, number>>(numbers: T): T {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Math.round(value * 10) / 10])) as T;
}

/** Numbers in 0..1 that depend on nothing but the seed (a linear congruential generator, Numerical Recipes' constants). */
function sequence(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

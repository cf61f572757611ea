/** The numbers from which sky.tsx draws a sky of each genus. */

type Sky = [top: string, middle: string, bottom: string];

/** Noise of the whole picture's size, whose alpha is `gain * noise + bias`: gain sharpens, bias covers. */
export interface Sheet {
  seed: number;
  /** Cycles a pixel across and down: small ones make wide shapes. */
  across: number;
  down: number;
  octaves: number;
  gain: number;
  bias: number;
  color: [number, number, number];
  opacity?: number;
  turn?: number;
  /** Where it fades in and out, as shares of the height. */
  from?: number;
  to?: number;
}

/** Bulging clouds: ellipses piled on a flat base, their outline torn by noise. */
export interface Heap {
  seed: number;
  x: number;
  base: number;
  width: number;
  height: number;
  lumps: number;
  bright: string;
  dark: string;
  torn: number;
}

export interface Scene {
  sky: Sky;
  sheets?: Sheet[];
  heaps?: Heap[];
  veil?: Sheet[];
  sun?: { x: number; y: number; halo?: boolean; blur: number; strength: number };
  rain?: { from: number; slant: number; opacity: number };
  ground: string;
}

const WHITE: Sheet['color'] = [1, 1, 1];
const BLUE: Sky = ['#1d62b4', '#5b9bdc', '#cfe5f6'];

export const SCENES: Record<string, Scene> = {
  cirrus: {
    sky: ['#12509f', '#4a8fd6', '#c5dff3'], ground: '#27402f',
    sheets: [
      { seed: 11, across: 0.0018, down: 0.021, octaves: 6, gain: 4.4, bias: -2.1, color: WHITE, turn: -17, to: 0.85 },
      { seed: 5, across: 0.006, down: 0.05, octaves: 5, gain: 2.4, bias: -1.2, color: WHITE, opacity: 0.7, turn: -24, to: 0.7 },
    ],
  },
  cirrocumulus: {
    sky: ['#1a5dae', '#5497d9', '#d3e7f5'], ground: '#2b4433',
    sheets: [
      { seed: 23, across: 0.045, down: 0.085, octaves: 2, gain: 6, bias: -2.75, color: WHITE, opacity: 0.85, turn: 8, to: 0.8 },
      { seed: 4, across: 0.006, down: 0.012, octaves: 3, gain: 3.4, bias: -1.6, color: WHITE, opacity: 0.55, to: 0.9 },
    ],
  },
  cirrostratus: {
    sky: ['#6f9fcb', '#a9c8e2', '#e3edf4'], ground: '#3a4c3d',
    sun: { x: 0.56, y: 0.36, halo: true, blur: 7, strength: 0.95 },
    sheets: [{ seed: 31, across: 0.0022, down: 0.012, octaves: 5, gain: 1.8, bias: -0.55, color: WHITE, opacity: 0.55, turn: -9 }],
  },
  altocumulus: {
    sky: ['#2a6fba', '#6ba6dc', '#dbe9f3'], ground: '#2d4534',
    sheets: [
      { seed: 8, across: 0.019, down: 0.036, octaves: 3, gain: 7, bias: -3.25, color: [0.55, 0.63, 0.74], opacity: 0.9, turn: -6, to: 0.88 },
      { seed: 8, across: 0.019, down: 0.036, octaves: 4, gain: 7, bias: -3.7, color: WHITE, turn: -6, to: 0.88 },
    ],
  },
  altostratus: {
    sky: ['#8b9bac', '#aab6c1', '#ced5da'], ground: '#414b42',
    sun: { x: 0.42, y: 0.38, blur: 26, strength: 0.8 },
    sheets: [
      { seed: 14, across: 0.003, down: 0.014, octaves: 5, gain: 1.9, bias: -0.6, color: [0.62, 0.68, 0.74], opacity: 0.75, turn: -4 },
      { seed: 9, across: 0.004, down: 0.02, octaves: 4, gain: 2, bias: -0.9, color: [0.93, 0.94, 0.95], opacity: 0.5, turn: 3 },
    ],
  },
  nimbostratus: {
    sky: ['#4d5760', '#66717b', '#87919a'], ground: '#2c342f',
    sheets: [
      { seed: 3, across: 0.004, down: 0.012, octaves: 5, gain: 2.6, bias: -1.1, color: [0.25, 0.29, 0.33], opacity: 0.8 },
      { seed: 17, across: 0.009, down: 0.03, octaves: 5, gain: 4, bias: -2.1, color: [0.2, 0.23, 0.27], opacity: 0.8, from: 0.4, to: 0.85 },
    ],
    rain: { from: 0.35, slant: 10, opacity: 0.5 },
  },
  stratocumulus: {
    sky: ['#7fa6cc', '#a9c2d8', '#dfe6ea'], ground: '#35453a',
    sheets: [
      { seed: 6, across: 0.006, down: 0.017, octaves: 4, gain: 5, bias: -2, color: [0.47, 0.52, 0.58], opacity: 0.95, to: 0.92 },
      { seed: 6, across: 0.006, down: 0.017, octaves: 5, gain: 5, bias: -2.5, color: [0.93, 0.94, 0.95], opacity: 0.95, to: 0.92 },
    ],
  },
  stratus: {
    sky: ['#a3abb0', '#b8bfc3', '#cbd0d2'], ground: '#5a645d',
    sheets: [
      { seed: 2, across: 0.0025, down: 0.01, octaves: 4, gain: 1.5, bias: -0.5, color: [0.86, 0.88, 0.89], opacity: 0.7 },
    ],
    veil: [{ seed: 12, across: 0.005, down: 0.02, octaves: 4, gain: 3, bias: -1.0, color: [0.8, 0.82, 0.83], opacity: 0.9, from: 0.45 }],
  },
  cumulus: {
    sky: BLUE, ground: '#2f5a34',
    heaps: [
      { seed: 5, x: 0.12, base: 0.83, width: 120, height: 44, lumps: 16, bright: '#fdfeff', dark: '#b9c9dc', torn: 20 },
      { seed: 12, x: 0.9, base: 0.77, width: 150, height: 62, lumps: 18, bright: '#ffffff', dark: '#aebfd4', torn: 24 },
      { seed: 3, x: 0.45, base: 0.66, width: 330, height: 165, lumps: 34, bright: '#ffffff', dark: '#93a7c1', torn: 38 },
    ],
  },
  cumulonimbus: {
    sky: ['#35608f', '#7897b4', '#d9d3c4'], ground: '#27352b',
    heaps: [
      { seed: 7, x: 0.49, base: 0.8, width: 340, height: 250, lumps: 64, bright: '#fffaf0', dark: '#4d596b', torn: 44 },
      { seed: 21, x: 0.5, base: 0.29, width: 640, height: 70, lumps: 70, bright: '#fffdf8', dark: '#e4e4e6', torn: 30 },
    ],
    veil: [{ seed: 5, across: 0.006, down: 0.03, octaves: 5, gain: 4, bias: -1.6, color: [0.22, 0.26, 0.32], opacity: 0.9, from: 0.66, to: 0.9 }],
    rain: { from: 0.76, slant: 4, opacity: 0.55 },
  },
  /** The front page's wide sky. */
  banner: {
    sky: ['#0f4a97', '#4f93d8', '#f3dfc8'], ground: '#20382a',
    sheets: [
      { seed: 11, across: 0.0018, down: 0.021, octaves: 6, gain: 4.2, bias: -2.1, color: WHITE, opacity: 0.8, turn: -14, to: 0.6 },
    ],
    heaps: [
      { seed: 9, x: 0.08, base: 0.86, width: 170, height: 62, lumps: 20, bright: '#fffaf2', dark: '#b9bfd0', torn: 24 },
      { seed: 3, x: 0.83, base: 0.8, width: 300, height: 150, lumps: 34, bright: '#fffdf8', dark: '#9aa9c2', torn: 38 },
      { seed: 14, x: 0.42, base: 0.9, width: 200, height: 48, lumps: 20, bright: '#fff8ee', dark: '#c2c3d0', torn: 22 },
    ],
  },
};

/** The ten genera of clouds, after the World Meteorological Organization's International Cloud Atlas. */

export type Level = 'high' | 'middle' | 'low';

export interface Cloud {
  slug: string;
  name: string;
  short: string;
  level: Level;
  latin: string;
  line: string;
  height: string;
  madeOf: string;
  rain: string;
  look: string;
  tell: string;
  alike: string[];
}

export const LEVELS: Record<Level, { title: string; range: string; line: string }> = {
  high: { title: 'High', range: '5 to 13 km', line: 'Ice crystals, thin and white; the sun always comes through.' },
  middle: { title: 'Middle', range: '2 to 7 km', line: 'Droplets and ice; grey or white, in patches, rolls and sheets.' },
  low: { title: 'Low', range: 'under 2 km', line: 'Mostly droplets; they cast shadows, and some of them grow tall.' },
};

export const CLOUDS: readonly Cloud[] = [
  {
    slug: 'cirrus', name: 'Cirrus', short: 'Ci', level: 'high', latin: 'a lock of hair',
    line: 'White strands that the high wind combs out.',
    height: '5 to 13 km', madeOf: 'Ice crystals', rain: 'None that reaches the ground',
    look: 'Separate, silky filaments and narrow bands without any shading. The hooked ones, mares’ tails, are falling ice: the crystals leave a small head of cloud and drift through slower air, which draws the tail out behind them.',
    tell: 'If it has fibres and casts no shadow, it is cirrus. When it thickens from one side of the sky, a warm front is often a day away.',
    alike: ['cirrostratus', 'cirrocumulus'],
  },
  {
    slug: 'cirrocumulus', name: 'Cirrocumulus', short: 'Cc', level: 'high', latin: 'hair and heap',
    line: 'A sky of fine grains, like fish scales.',
    height: '5 to 13 km', madeOf: 'Ice, with some very cold droplets', rain: 'None',
    look: 'A thin white sheet of very small grains or ripples, more or less regular, none of them shaded. It seldom lasts: within minutes the droplets freeze and the grains turn to cirrus.',
    tell: 'Hold your arm out. A grain hides behind your little finger, which is one degree wide; those of altocumulus do not.',
    alike: ['altocumulus', 'cirrus'],
  },
  {
    slug: 'cirrostratus', name: 'Cirrostratus', short: 'Cs', level: 'high', latin: 'hair and layer',
    line: 'A veil so thin that only its halo gives it away.',
    height: '5 to 13 km', madeOf: 'Ice crystals', rain: 'None',
    look: 'A whitish veil, smooth or faintly fibrous, over part of the sky or all of it. Things on the ground keep their shadows. Light bent by its six-sided crystals makes a ring around the sun or moon, 22 degrees out.',
    tell: 'A ring around the sun, about a hand’s span at arm’s length, settles it.',
    alike: ['altostratus', 'cirrus'],
  },
  {
    slug: 'altocumulus', name: 'Altocumulus', short: 'Ac', level: 'middle', latin: 'height and heap',
    line: 'Flocks of small rounded clouds, shaded on one side.',
    height: '2 to 7 km', madeOf: 'Droplets, often supercooled', rain: 'Rare and light',
    look: 'White or grey patches of rounded masses, rolls or flakes, often in rows or waves and usually shaded. Lens-shaped ones stand still in the lee of mountains while the wind blows through them.',
    tell: 'At arm’s length one cloudlet is between one and three fingers wide.',
    alike: ['cirrocumulus', 'stratocumulus'],
  },
  {
    slug: 'altostratus', name: 'Altostratus', short: 'As', level: 'middle', latin: 'height and layer',
    line: 'The sun as if through ground glass.',
    height: '2 to 7 km', madeOf: 'Droplets and ice', rain: 'Light and steady, when it thickens',
    look: 'A greyish or bluish sheet, fibrous or plain, that covers most of the sky. The sun is a bright blur in its thinner parts. There are no halos, and nothing on the ground casts a shadow.',
    tell: 'Look down. If your shadow is gone and the sun is still a blur, it is altostratus.',
    alike: ['cirrostratus', 'nimbostratus'],
  },
  {
    slug: 'nimbostratus', name: 'Nimbostratus', short: 'Ns', level: 'middle', latin: 'rain cloud and layer',
    line: 'The grey that rains all day.',
    height: 'Up from 2 km, its base often lower', madeOf: 'Droplets, rain, snow and ice', rain: 'Steady, for hours',
    look: 'A dark grey layer, its base blurred by rain or snow that falls without a pause. It hides the sun wholly. Ragged scraps of lower cloud run along below it.',
    tell: 'It rains evenly, without gusts, thunder or gaps: nimbostratus.',
    alike: ['altostratus', 'stratus'],
  },
  {
    slug: 'stratocumulus', name: 'Stratocumulus', short: 'Sc', level: 'low', latin: 'layer and heap',
    line: 'A quilt of grey and white; the commonest cloud on Earth.',
    height: 'Under 2 km', madeOf: 'Droplets', rain: 'Little, if any',
    look: 'Grey or whitish patches or sheets with dark parts, made of rounded masses or rolls that may have merged. Over the cold side of the oceans it covers areas as large as continents.',
    tell: 'Its lumps are wider than three fingers at arm’s length.',
    alike: ['altocumulus', 'stratus', 'cumulus'],
  },
  {
    slug: 'stratus', name: 'Stratus', short: 'St', level: 'low', latin: 'a layer',
    line: 'Fog that has got up.',
    height: 'Under 2 km', madeOf: 'Droplets', rain: 'Drizzle',
    look: 'A grey layer with an even base that takes the tops off hills and towers. If the sun shows through it, its outline is sharp. It has no structure to speak of; at times it comes in ragged shreds.',
    tell: 'If the church tower goes into it, and all you feel is drizzle, it is stratus.',
    alike: ['nimbostratus', 'stratocumulus'],
  },
  {
    slug: 'cumulus', name: 'Cumulus', short: 'Cu', level: 'low', latin: 'a heap',
    line: 'The cloud that children draw.',
    height: 'Under 2 km at its base', madeOf: 'Droplets', rain: 'None while small; showers when large',
    look: 'Separate clouds with sharp outlines, flat dark bases and bulging tops that are brilliant white in the sun. Each sits on a column of rising warm air; the flat base is the height at which its vapour condenses.',
    tell: 'Blue between the clouds, a flat base, a cauliflower top.',
    alike: ['stratocumulus', 'cumulonimbus'],
  },
  {
    slug: 'cumulonimbus', name: 'Cumulonimbus', short: 'Cb', level: 'low', latin: 'heap and rain cloud',
    line: 'A mountain of cloud, with weather of its own.',
    height: 'Base under 2 km, top at 10 km and more', madeOf: 'Droplets below, ice on top', rain: 'Heavy showers, hail, thunder',
    look: 'Dense and tall as a tower. Its upper part is smooth or fibrous and nearly always flattened where it meets the stratosphere: the anvil. Below its dark base hang rags of cloud and curtains of rain.',
    tell: 'Thunder, lightning or hail: no other cloud makes them.',
    alike: ['cumulus', 'nimbostratus'],
  },
];

export function findCloud(slug: string): Cloud | undefined {
  return CLOUDS.find((cloud) => cloud.slug === slug);
}

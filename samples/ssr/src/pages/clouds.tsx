/** The list of genera, whole or of one level. */
import { CLOUDS, LEVELS, type Cloud, type Level } from '../clouds';

export function Clouds({ level }: { level: Level | undefined }) {
  const shown = CLOUDS.filter((cloud) => level === undefined || cloud.level === level);
  return (
    <>
      <div class="intro">
        <h1>{level ? `${LEVELS[level].title} clouds` : 'The ten clouds'}</h1>
        <p class="lead">{level ? LEVELS[level].line : 'From the highest to the lowest, and the one that is both.'}</p>
        <nav class="chips" aria-label="Level">
          <a href="/clouds" aria-current={level ? undefined : 'true'}>All</a>
          {(Object.keys(LEVELS) as Level[]).map((name) => (
            <a key={name} href={`/clouds?level=${name}`} aria-current={name === level ? 'true' : undefined}>
              {LEVELS[name].title} <small>{LEVELS[name].range}</small>
            </a>
          ))}
        </nav>
      </div>
      <div class="grid">{shown.map((cloud) => <CloudCard key={cloud.slug} cloud={cloud} />)}</div>
    </>
  );
}

export function CloudCard({ cloud }: { cloud: Cloud }) {
  return (
    <a class="card" href={`/clouds/${cloud.slug}`}>
      <img src={`/skies/${cloud.slug}.svg`} alt="" width="640" height="400" loading="lazy" />
      <div>
        <h3>{cloud.name} <small>{cloud.short}</small></h3>
        <p>{cloud.line}</p>
      </div>
    </a>
  );
}

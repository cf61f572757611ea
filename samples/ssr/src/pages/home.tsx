/** The front page. */
import { CLOUDS, LEVELS, type Level } from '../clouds';
import { CloudCard } from './clouds';

export function Home({ siteName }: { siteName: string }) {
  const featured = ['cirrus', 'altocumulus', 'cumulus'].map((slug) => CLOUDS.find((cloud) => cloud.slug === slug));
  return (
    <>
      <section class="hero">
        <img src="/skies/banner.svg" alt="" />
        <div class="hero-text">
          <p class="eyebrow">{siteName}: a field guide</p>
          <h1>There are only ten kinds of cloud.</h1>
          <p class="lead">Learn to name what is overhead: by its height, its shape, and the width of your little finger.</p>
          <p class="actions">
            <a class="button" href="/clouds">Meet the ten</a>
            <a class="button quiet" href="/sightings/new">Record a sighting</a>
          </p>
        </div>
      </section>
      <section class="levels" aria-label="The three levels">
        {(Object.keys(LEVELS) as Level[]).map((level) => (
          <a key={level} class="level" href={`/clouds?level=${level}`}>
            <span class="range">{LEVELS[level].range}</span>
            <h2>{LEVELS[level].title}</h2>
            <p>{LEVELS[level].line}</p>
            <span class="count">{CLOUDS.filter((cloud) => cloud.level === level).map((cloud) => cloud.short).join(' · ')}</span>
          </a>
        ))}
      </section>
      <section>
        <h2>Start with three</h2>
        <div class="grid">{featured.map((cloud) => cloud && <CloudCard key={cloud.slug} cloud={cloud} />)}</div>
      </section>
      <section class="aside">
        <h2>Who named them</h2>
        <p>
          In 1802 Luke Howard, a London chemist, read a paper to a small society of amateurs and gave the clouds Latin names:
          <i> cirrus</i>, a lock of hair; <i>cumulus</i>, a heap; <i>stratus</i>, a layer; <i>nimbus</i>, rain. Every name in
          use today is made of his words.
        </p>
      </section>
    </>
  );
}

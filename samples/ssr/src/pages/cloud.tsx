/** One genus. */
import { CLOUDS, findCloud, LEVELS, type Cloud } from '../clouds';

export function CloudPage({ cloud }: { cloud: Cloud }) {
  const at = CLOUDS.indexOf(cloud);
  const facts = [
    ['Level', `${LEVELS[cloud.level].title}, ${LEVELS[cloud.level].range}`],
    ['Height', cloud.height],
    ['Made of', cloud.madeOf],
    ['Rain', cloud.rain],
    ['The name', `“${cloud.latin}”`],
  ];
  return (
    <article class="cloud">
      <p class="crumbs"><a href="/clouds">The ten clouds</a> / <a href={`/clouds?level=${cloud.level}`}>{LEVELS[cloud.level].title}</a></p>
      <img class="picture" src={`/skies/${cloud.slug}.svg`} alt={`A drawn sky with ${cloud.name.toLowerCase()}`} width="640" height="400" />
      <div class="columns">
        <div>
          <h1>{cloud.name} <small>{cloud.short}</small></h1>
          <p class="lead">{cloud.line}</p>
          <p>{cloud.look}</p>
          <h2>How to tell</h2>
          <p>{cloud.tell}</p>
          <h2>Easily mistaken for</h2>
          <p class="chips">
            {cloud.alike.map((slug) => <a key={slug} href={`/clouds/${slug}`}>{findCloud(slug)?.name}</a>)}
          </p>
        </div>
        <dl class="facts">
          {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
          <a class="button" href={`/sightings/new?cloud=${cloud.slug}`}>I see one</a>
        </dl>
      </div>
      <nav class="turn" aria-label="Neighbours">
        <Turn cloud={CLOUDS[at - 1]} arrow="←" />
        <Turn cloud={CLOUDS[at + 1]} arrow="→" />
      </nav>
    </article>
  );
}

function Turn({ cloud, arrow }: { cloud: Cloud | undefined; arrow: string }) {
  return cloud ? <a href={`/clouds/${cloud.slug}`}><span aria-hidden="true">{arrow}</span> {cloud.name}</a> : <span />;
}

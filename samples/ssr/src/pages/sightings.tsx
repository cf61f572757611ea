/** The form for a sighting, and the card that a valid one becomes. */
import type { ComponentChildren } from 'preact';
import { CLOUDS } from '../clouds';
import { OKTAS_MAX, NOTE_CHARS_MAX, PLACE_CHARS_MAX, type Problems, type Sighting } from '../sighting';

/** `values` are as typed, right or wrong. */
export function SightingForm({ values, problems }: { values: Record<string, string>; problems: Problems }) {
  const wrong = Object.keys(problems).length;
  return (
    <div class="narrow">
      <h1>Record a sighting</h1>
      <p class="lead">What is above you, and where? You get a card to keep.</p>
      {wrong > 0 && <p class="alert" role="alert">{wrong === 1 ? 'One field needs' : `${wrong} fields need`} another look.</p>}
      <form method="post" action="/sightings" novalidate>
        <Field name="cloud" label="Cloud" problem={problems.cloud}>
          <select id="cloud" name="cloud" {...invalid('cloud', problems)}>
            <option value="">Choose one</option>
            {CLOUDS.map((cloud) => (
              <option key={cloud.slug} value={cloud.slug} selected={cloud.slug === values.cloud}>{cloud.name}</option>
            ))}
          </select>
        </Field>
        <Field name="place" label="Place" problem={problems.place}>
          <input id="place" name="place" value={values.place} maxLength={PLACE_CHARS_MAX} placeholder="Skagen, the north beach" autocomplete="off" {...invalid('place', problems)} />
        </Field>
        <div class="pair">
          <Field name="day" label="Day" problem={problems.day}>
            <input id="day" name="day" type="date" value={values.day} {...invalid('day', problems)} />
          </Field>
          <Field name="oktas" label="Eighths of the sky covered" problem={problems.oktas}>
            <input id="oktas" name="oktas" type="number" min={0} max={OKTAS_MAX} value={values.oktas} {...invalid('oktas', problems)} />
          </Field>
        </div>
        <Field name="note" label="Note (optional)" problem={problems.note}>
          <textarea id="note" name="note" rows={4} maxLength={NOTE_CHARS_MAX} value={values.note} {...invalid('note', problems)} />
        </Field>
        <button class="button">Make the card</button>
      </form>
    </div>
  );
}

export function SightingCard({ sighting }: { sighting: Sighting }) {
  const { cloud, place, day, oktas, note } = sighting;
  return (
    <div class="narrow">
      <h1>Your sighting</h1>
      <figure class="postcard">
        <img src={`/skies/${cloud.slug}.svg`} alt={`A drawn sky with ${cloud.name.toLowerCase()}`} width="640" height="400" />
        <figcaption>
          <h2>{cloud.name} <small>{cloud.short}</small></h2>
          <p class="where">{place} · <time dateTime={day}>{day}</time></p>
          <p class="oktas" role="img" aria-label={`${oktas} eighths of the sky`}>
            {Array.from({ length: OKTAS_MAX }, (_, i) => <span key={i} class={i < oktas ? 'full' : ''} />)}
            <small>{oktas}/8</small>
          </p>
          {note && <blockquote>{note}</blockquote>}
        </figcaption>
      </figure>
      <p>The card is in its address: keep the link, or send it. Nothing is stored here.</p>
      <p class="actions">
        <a class="button" href="/sightings/new">Record another</a>
        <a class="button quiet" href={`/clouds/${cloud.slug}`}>About {cloud.name.toLowerCase()}</a>
      </p>
    </div>
  );
}

function Field({ name, label, problem, children }: { name: string; label: string; problem: string | undefined; children: ComponentChildren }) {
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {children}
      {problem && <p class="problem" id={`${name}-problem`}>{problem}</p>}
    </div>
  );
}

function invalid(name: keyof Problems, problems: Problems) {
  return problems[name] ? { 'aria-invalid': true as const, 'aria-describedby': `${name}-problem` } : {};
}

/** The page for addresses that are none. */
export function NotFound() {
  return (
    <div class="narrow empty">
      <h1>Clear sky</h1>
      <p class="lead">There is nothing at this address.</p>
      <p class="actions"><a class="button" href="/clouds">The ten clouds</a></p>
    </div>
  );
}

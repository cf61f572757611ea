// The same as echo.mjs, for runtimes with `fetch`.
export default {
  fetch(request) {
    return new Response(request.body);
  },
};

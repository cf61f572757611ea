// What the hostile guests share: the path of a request names what goes wrong, from a table in each file.
#pragma once
#include "../guest.h"

struct behaviour {
  const char* name;
  void (*run)(int32_t req, int32_t outparam);
};

static inline int same(const char* a, const char* b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}
static inline void answer(int32_t outparam, const char* text) { respond_text(outparam, 200, text, slen(text)); }
// What a guest makes of an operation that a host must decline with an error.
static inline void answer_whether(int32_t outparam, int refused) { answer(outparam, refused ? "refused" : "accepted"); }

// Waits on a timer; a guest that has waited has let the host send what it wrote.
static inline void wait_ms(uint64_t ms) {
  int32_t timer = monotonic_clock_subscribe_duration((int64_t)(ms * 1000000));
  pollable_block(timer);
  pollable_drop(timer);
}
// The head and five bytes, which are on their way to the client when this returns.
static inline struct resp first_bytes(int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  stream_write(r.stream, "first", 5);
  output_stream_blocking_flush(r.stream, RET);
  wait_ms(20);
  return r;
}

// Runs the behaviour that the path names, without its '/'; 404 for a name that is not in the table.
static inline void behave(const struct behaviour* table, uint32_t count, int32_t req, int32_t outparam) {
  const char* path;
  uint32_t n = get_path(req, &path);
  for (uint32_t i = 0; i < count; i++) {
    const char* name = table[i].name;
    uint32_t k = 0;
    while (k + 1 < n && name[k] == path[k + 1]) k++;
    if (k + 1 == n && !name[k]) return table[i].run(req, outparam);
  }
  respond_text(outparam, 404, path, n);
}
#define BEHAVE(table) \
  void handle(int32_t req, int32_t outparam) { behave(table, sizeof table / sizeof *table, req, outparam); }

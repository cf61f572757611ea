// Leaks and abuses host resources: /leak-KIND makes them until the host has had enough, /keep-KIND leaves 2,000 behind and answers.
#include "hostile.h"

static int32_t owner;

static void make_fields(void) { fields_new(); }
static void make_headers(void) { incoming_request_headers(owner); }
static void make_timer(void) { monotonic_clock_subscribe_duration(1000000000); }
static void make_request(void) { outgoing_request_new(fields_new()); }
static void make_response(void) { outgoing_response_new(fields_new()); }
static void make_body(void) { outgoing_response_body(outgoing_response_new(fields_new()), RET); }
static void make_options(void) { request_options_new(); }
static void make_stdout(void) { get_stdout(); }
static void make_pollable(void) { output_stream_subscribe(owner); }
static void make_future(void) {
  int32_t request = outgoing_request_new(fields_new());
  outgoing_request_set_authority(request, 1, (int32_t) "127.0.0.1:1", 11);
  outgoing_request_set_scheme(request, 1, 0, 0, 0);
  outgoing_request_set_path_with_query(request, 1, (int32_t) "/", 1);
  outgoing_handler_handle(request, 0, 0, RET);
}

static void leak(int32_t outparam, void (*make)(void)) {
  for (int i = 0; i < 1000000; i++) make();
  answer(outparam, "a million");
}
static void keep(int32_t outparam, void (*make)(void)) {
  for (int i = 0; i < 2000; i++) make();
  answer(outparam, "kept");
}
#define KIND(kind, of)                                                                       \
  static void leak_##kind(int32_t req, int32_t outparam) { owner = of, leak(outparam, make_##kind); } \
  static void keep_##kind(int32_t req, int32_t outparam) { owner = of, keep(outparam, make_##kind); }
KIND(fields, 0)
KIND(headers, req)
KIND(timer, 0)
KIND(request, 0)
KIND(response, 0)
KIND(body, 0)
KIND(options, 0)
KIND(stdout, 0)
KIND(pollable, get_stdout())
KIND(future, 0)

// 8,000 timers of a day and one of a millisecond, waited for together.
static void poll_thousands(int32_t req, int32_t outparam) {
  static int32_t list[8001];
  for (int i = 0; i < 8000; i++) list[i] = monotonic_clock_subscribe_duration(86400000000000);
  list[8000] = monotonic_clock_subscribe_duration(1000000);
  poll((int32_t)list, 8001, RET);
  answer(outparam, ret.u32[1] == 1 ? "one is ready" : "wrong");
}
static void poll_one_a_million_times(int32_t req, int32_t outparam) {
  int32_t *list = mem_alloc(4, 4000000), timer = monotonic_clock_subscribe_duration(1000000);
  for (int i = 0; i < 1000000; i++) list[i] = timer;
  poll((int32_t)list, 1000000, RET);
  answer(outparam, "polled");
}
static void poll_nothing(int32_t req, int32_t outparam) { poll(0, 0, RET); }
static void poll_out_of_bounds(int32_t req, int32_t outparam) { poll(0x7ffffff0, 1000, RET); }
static void poll_never(int32_t req, int32_t outparam) { pollable_block(monotonic_clock_subscribe_duration(-1)); }
static void poll_ready_for_ever(int32_t req, int32_t outparam) {
  int32_t ready = output_stream_subscribe(get_stdout());
  for (;;) pollable_block(ready);
}
static void sleep_nothing_for_ever(int32_t req, int32_t outparam) {
  for (;;) wait_ms(0);
}
static void sleep_little_for_ever(int32_t req, int32_t outparam) {
  for (;;) {
    int32_t timer = monotonic_clock_subscribe_duration(1000);
    pollable_block(timer);
    pollable_drop(timer);
  }
}
static void timers_for_ever(int32_t req, int32_t outparam) {
  for (;;) pollable_drop(monotonic_clock_subscribe_duration(1000000000));
}

static void unknown_handle(int32_t req, int32_t outparam) { pollable_block(12345); }
static void negative_handle(int32_t req, int32_t outparam) { pollable_drop(-1); }
static void wrong_type(int32_t req, int32_t outparam) { output_stream_check_write(fields_new(), RET); }
static void drop_twice(int32_t req, int32_t outparam) {
  int32_t f = fields_new();
  fields_drop(f);
  fields_drop(f);
}
static void use_moved(int32_t req, int32_t outparam) {
  int32_t f = fields_new();
  outgoing_response_new(f);
  fields_clone(f);
}
static void drop_parent(int32_t req, int32_t outparam) {
  int32_t out = get_stdout();
  output_stream_subscribe(out);
  output_stream_drop(out);
  answer(outparam, "accepted");
}
static void drop_request_first(int32_t req, int32_t outparam) {
  int32_t headers = incoming_request_headers(req);
  incoming_request_drop(req);
  fields_entries(headers, RET);
  answer(outparam, "accepted");
}
static void misaligned_result(int32_t req, int32_t outparam) { output_stream_check_write(get_stdout(), RET + 1); }
static void result_out_of_bounds(int32_t req, int32_t outparam) { output_stream_check_write(get_stdout(), -8); }

#define BOTH(name, kind) {"leak-" name, leak_##kind}, {"keep-" name, keep_##kind}
static const struct behaviour kTable[] = {
    BOTH("fields", fields),
    BOTH("headers", headers),
    BOTH("timer", timer),
    BOTH("request", request),
    BOTH("response", response),
    BOTH("body", body),
    BOTH("options", options),
    BOTH("stdout", stdout),
    BOTH("pollable", pollable),
    BOTH("future", future),
    {"poll-thousands", poll_thousands},
    {"poll-one-a-million-times", poll_one_a_million_times},
    {"poll-nothing", poll_nothing},
    {"poll-out-of-bounds", poll_out_of_bounds},
    {"poll-never", poll_never},
    {"poll-ready-for-ever", poll_ready_for_ever},
    {"sleep-nothing-for-ever", sleep_nothing_for_ever},
    {"sleep-little-for-ever", sleep_little_for_ever},
    {"timers-for-ever", timers_for_ever},
    {"unknown-handle", unknown_handle},
    {"negative-handle", negative_handle},
    {"wrong-type", wrong_type},
    {"drop-twice", drop_twice},
    {"use-moved", use_moved},
    {"drop-parent", drop_parent},
    {"drop-request-first", drop_request_first},
    {"misaligned-result", misaligned_result},
    {"result-out-of-bounds", result_out_of_bounds},
};
BEHAVE(kTable)

// Answers `trailers`, reads the request to its end, and sends the request's trailers back as the response's,
// with `x-guest: trailers` added. Names them in the `trailer` header: x-guest, and what the request's names.
#include "guest.h"

// The request's trailers, copied into `to`.
static void copy_trailers(int32_t incoming_body, int32_t to) {
  static union {
    uint64_t align;
    uint8_t u8[80];
    uint32_t u32[20];
  } got;  // option<result<result<option<trailers>, error-code>>>
  int32_t future = incoming_body_finish(incoming_body);
  int32_t ready = future_trailers_subscribe(future);
  pollable_block(ready);
  pollable_drop(ready);
  future_trailers_get(future, (int32_t)&got);
  if (got.u8[0] && !got.u8[8] && !got.u8[16] && got.u8[24]) {
    int32_t from = (int32_t)got.u32[7];
    fields_entries(from, RET);
    struct {
      uint32_t name, name_length, value, value_length;
    }* entry = (void*)ret.u32[0];
    uint32_t count = ret.u32[1];
    for (uint32_t i = 0; i < count; i++) {
      fields_append(to, entry[i].name, entry[i].name_length, entry[i].value, entry[i].value_length, RET);
    }
    fields_drop(from);
  }
  future_trailers_drop(future);
}

void handle(int32_t req, int32_t outparam) {
  int32_t f = fields_new(), asked = incoming_request_headers(req);
  header(f, "trailer", "x-guest");
  fields_get(asked, (int32_t)"trailer", 7, RET);
  if (ret.u32[1]) {
    uint32_t* value = (uint32_t*)ret.u32[0];
    fields_append(f, (int32_t)"trailer", 7, value[0], value[1], RET);
  }
  fields_drop(asked);
  struct resp r = respond(outparam, 200, f);
  stream_write(r.stream, "trailers\n", 9);

  incoming_request_consume(req, RET);
  int32_t body = ret.u32[1];
  incoming_body_stream(body, RET);
  int32_t in = ret.u32[1];
  do input_stream_blocking_skip(in, 65536, RET);
  while (!ret.u8[0]);
  if (ret.u8[8] == 0) error_drop(ret.u32[3]);
  input_stream_drop(in);

  int32_t trailers = fields_new();
  copy_trailers(body, trailers);
  header(trailers, "x-guest", "trailers");
  output_stream_blocking_flush(r.stream, RET);
  output_stream_drop(r.stream);
  outgoing_body_finish(r.body, 1, trailers, RET);
  incoming_request_drop(req);
}

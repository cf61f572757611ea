// POST http://AUTHORITY/REST with the request's body for a request's path /AUTHORITY/REST; passes status, body and
// trailers on, or answers 502 with the number of the error-code. The bytes never enter the guest. Ends its body
// unfinished when the response's was cut off.
#include "guest.h"

typedef union {
  uint64_t align;
  uint8_t u8[80];
  uint32_t u32[20];
} big;

static void fail(int32_t outparam, uint32_t code) {
  static char out[64];
  uint32_t k = put(out, "error-code ");
  k += put_num(out + k, code);
  out[k++] = '\n';
  respond_text(outparam, 502, out, k);
}

static void wait(int32_t pollable) {
  pollable_block(pollable);
  pollable_drop(pollable);
}

// All of `body`'s stream into `out`. 1 when it came to its end, 0 when it was cut off.
static int splice(int32_t out, int32_t body) {
  incoming_body_stream(body, RET);
  int32_t in = (int32_t)ret.u32[1];
  do output_stream_blocking_splice(out, in, 1 << 20, RET);
  while (!ret.u8[0]);
  int closed = ret.u8[8] != 0;
  if (!closed) error_drop((int32_t)ret.u32[3]);
  input_stream_drop(in);
  return closed;
}

// Ends `body`; whether it has trailers, which are in *trailers then.
static int trailers_of(int32_t body, int32_t* trailers) {
  static big got;  // option<result<result<option<trailers>, error-code>>>
  int32_t future = incoming_body_finish(body);
  wait(future_trailers_subscribe(future));
  future_trailers_get(future, (int32_t)&got);
  future_trailers_drop(future);
  if (!got.u8[0] || got.u8[8] || got.u8[16] || !got.u8[24]) return 0;
  *trailers = (int32_t)got.u32[7];
  return 1;
}

void handle(int32_t req, int32_t outparam) {
  const char* p;
  uint32_t n = get_path(req, &p), a = 1;
  while (a < n && p[a] != '/') a++;
  int32_t o = outgoing_request_new(fields_new());
  outgoing_request_set_method(o, 2, 0, 0);            // post
  outgoing_request_set_scheme(o, 1, 0, 0, 0);         // some(HTTP)
  outgoing_request_set_authority(o, 1, (int32_t)p + 1, (int32_t)a - 1);
  if (a < n) outgoing_request_set_path_with_query(o, 1, (int32_t)p + (int32_t)a, (int32_t)(n - a));
  outgoing_request_body(o, RET);
  struct resp up = {(int32_t)ret.u32[1], 0};
  outgoing_body_write(up.body, RET);
  up.stream = (int32_t)ret.u32[1];
  outgoing_handler_handle(o, 0, 0, RET);
  if (ret.u8[0]) return fail(outparam, ret.u8[8]);
  int32_t future = (int32_t)ret.u32[2];

  incoming_request_consume(req, RET);
  int32_t body = (int32_t)ret.u32[1];
  int32_t trailers = 0, some = 0;
  if (splice(up.stream, body)) some = trailers_of(body, &trailers);
  else incoming_body_drop(body);
  incoming_request_drop(req);
  output_stream_blocking_flush(up.stream, RET);
  output_stream_drop(up.stream);
  outgoing_body_finish(up.body, some, trailers, RET);

  static big got;  // option<result<result<incoming-response, error-code>>>
  wait(future_incoming_response_subscribe(future));
  future_incoming_response_get(future, (int32_t)&got);
  future_incoming_response_drop(future);
  if (!got.u8[0] || got.u8[8] || got.u8[16]) return fail(outparam, got.u8[24]);
  int32_t response = (int32_t)got.u32[6];
  int32_t fields = fields_new();
  header(fields, "trailer", "x-checksum");
  struct resp down = respond(outparam, incoming_response_status(response), fields);
  incoming_response_consume(response, RET);
  body = (int32_t)ret.u32[1];
  int whole = splice(down.stream, body);
  if (whole) output_stream_blocking_flush(down.stream, RET);
  output_stream_drop(down.stream);
  if (whole) {
    some = trailers_of(body, &trailers);
    outgoing_body_finish(down.body, some, trailers, RET);
  } else {
    incoming_body_drop(body);
    outgoing_body_drop(down.body);
  }
  incoming_response_drop(response);
}

// GET http://AUTHORITY/REST for a request's path /AUTHORITY/REST, https with one slash more in front; answers with the
// status and body it got, or 502 with the number of the error-code.
#include "guest.h"
static void fail(int32_t outparam, uint32_t code) {
  static char out[64];
  uint32_t k = put(out, "error-code ");
  k += put_num(out + k, code);
  out[k++] = '\n';
  respond_text(outparam, 502, out, k);
}
void handle(int32_t req, int32_t outparam) {
  const char* p;
  uint32_t n = get_path(req, &p), https = n > 1 && p[1] == '/', begin = 1 + https, a = begin;
  while (a < n && p[a] != '/') a++;
  int32_t o = outgoing_request_new(fields_new());
  outgoing_request_set_scheme(o, 1, https, 0, 0);  // some(HTTP), some(HTTPS)
  outgoing_request_set_authority(o, 1, (int32_t)p + begin, a - begin);
  if (a < n) outgoing_request_set_path_with_query(o, 1, (int32_t)p + a, n - a);
  outgoing_handler_handle(o, 0, 0, RET);
  if (ret.u8[0]) return fail(outparam, ret.u8[8]);
  int32_t fut = ret.u32[2], po = future_incoming_response_subscribe(fut);
  pollable_block(po);
  pollable_drop(po);
  static union {
    uint64_t align;
    uint8_t u8[80];
    uint32_t u32[20];
  } g;  // option<result<result<incoming-response, error-code>>>
  future_incoming_response_get(fut, (int32_t)&g);
  if (!g.u8[0] || g.u8[8] || g.u8[16]) return fail(outparam, g.u8[24]);
  int32_t res = g.u32[6];
  future_incoming_response_drop(fut);
  struct resp r = respond(outparam, incoming_response_status(res), fields_new());
  incoming_response_consume(res, RET);
  int32_t body = ret.u32[1];
  incoming_body_stream(body, RET);
  int32_t in = ret.u32[1];
  do output_stream_blocking_splice(r.stream, in, 1 << 20, RET);
  while (!ret.u8[0]);
  if (ret.u8[8] == 0) error_drop(ret.u32[3]);
  input_stream_drop(in);
  incoming_body_drop(body);
  incoming_response_drop(res);
  incoming_request_drop(req);
  finish(r);
}

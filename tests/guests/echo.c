// Streams the request body to the response body in chunks of at most 64 KiB; the memory used stays
// bounded however long the body is. Copies content-type.
#include "guest.h"
void handle(int32_t req, int32_t outparam) {
  int32_t f = fields_new(), rh = incoming_request_headers(req);
  fields_get(rh, (int32_t)"content-type", 12, RET);
  if (ret.u32[1]) {
    uint32_t* v = (uint32_t*)ret.u32[0];
    fields_append(f, (int32_t)"content-type", 12, v[0], v[1], RET);
  }
  fields_drop(rh);
  struct resp r = respond(outparam, 200, f);
  incoming_request_consume(req, RET);
  int32_t body = ret.u32[1];
  incoming_body_stream(body, RET);
  int32_t in = ret.u32[1];
  for (uint32_t mark = bump;; bump = mark) {
    input_stream_blocking_read(in, 65536, RET);
    if (ret.u8[0]) {  // closed, or failed
      if (ret.u8[4] == 0) error_drop(ret.u32[2]);
      break;
    }
    void* p = (void*)ret.u32[1];
    uint32_t n = ret.u32[2];
    if (stream_write(r.stream, p, n)) break;
  }
  input_stream_drop(in);
  incoming_body_drop(body);
  incoming_request_drop(req);
  finish(r);
}

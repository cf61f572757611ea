// GET http://AUTHORITY/REST N times at once for a request's path /N/AUTHORITY/REST; answers how many were answered and
// how many were not, and the number of the last error-code: `ok COUNT, failed COUNT, error-code N`. With /busy as REST it
// computes for some milliseconds before.
#include "guest.h"

#define MOST 1000

static int32_t send(const char* authority, uint32_t n, const char* path, uint32_t length) {
  int32_t o = outgoing_request_new(fields_new());
  outgoing_request_set_scheme(o, 1, 0, 0, 0);  // some(HTTP)
  outgoing_request_set_authority(o, 1, (int32_t)authority, (int32_t)n);
  outgoing_request_set_path_with_query(o, 1, (int32_t)path, (int32_t)length);
  outgoing_handler_handle(o, 0, 0, RET);
  return ret.u8[0] ? -1 : (int32_t)ret.u32[2];
}

void handle(int32_t req, int32_t outparam) {
  static int32_t futures[MOST];
  const char* p;
  uint32_t n = get_path(req, &p), at = 1, count = 0;
  for (; at < n && p[at] != '/'; at++) count = count * 10 + (uint32_t)(p[at] - '0');
  if (count > MOST) count = MOST;
  uint32_t authority = ++at;
  while (at < n && p[at] != '/') at++;

  if (n - at == 5 && p[at + 1] == 'b') {
    for (volatile uint32_t i = 0; i < 8000000; i++);
  }
  uint32_t ok = 0, failed = 0, code = 99;
  for (uint32_t i = 0; i < count; i++) futures[i] = send(p + authority, at - authority, p + at, n - at);
  for (uint32_t i = 0; i < count; i++) {
    if (futures[i] < 0) {
      failed++;
      continue;
    }
    static union {
      uint64_t align;
      uint8_t u8[80];
      uint32_t u32[20];
    } got;  // option<result<result<incoming-response, error-code>>>
    int32_t ready = future_incoming_response_subscribe(futures[i]);
    pollable_block(ready);
    pollable_drop(ready);
    future_incoming_response_get(futures[i], (int32_t)&got);
    if (got.u8[0] && !got.u8[8] && !got.u8[16]) {
      ok++;
      incoming_response_drop((int32_t)got.u32[6]);
    } else {
      failed++;
      code = got.u8[24];
    }
    future_incoming_response_drop(futures[i]);
  }
  static char out[96];
  uint32_t k = put(out, "ok ");
  k += put_num(out + k, ok);
  k += put(out + k, ", failed ");
  k += put_num(out + k, failed);
  k += put(out + k, ", error-code ");
  k += put_num(out + k, code);
  out[k++] = '\n';
  incoming_request_drop(req);
  respond_text(outparam, 200, out, k);
}

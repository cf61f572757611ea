// Answers with what it was asked, a line each: `method: GET`, `target: /path?query`, `scheme: http`,
// `authority: host:port`, then every field as `name: value`. What is absent reads `-`.
#include "guest.h"

static int32_t out;

static void say(const char* text) { stream_write(out, text, slen(text)); }

static void line(const char* name, int present, uint32_t at, uint32_t length) {
  say(name);
  if (present) {
    stream_write(out, (const void*)at, length);
  } else {
    say("-");
  }
  say("\n");
}

void handle(int32_t req, int32_t outparam) {
  static const char* const kMethods[] = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                         "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  int32_t f = fields_new();
  header(f, "content-type", "text/plain");
  struct resp r = respond(outparam, 200, f);
  out = r.stream;

  incoming_request_method(req, RET);
  uint32_t method = ret.u8[0];
  if (method < 9) {
    say("method: ");
    say(kMethods[method]);
    say("\n");
  } else {
    line("method: ", 1, ret.u32[1], ret.u32[2]);
  }
  incoming_request_path_with_query(req, RET);
  line("target: ", ret.u8[0], ret.u32[1], ret.u32[2]);
  incoming_request_scheme(req, RET);
  if (ret.u8[0] && ret.u8[4] < 2) {
    say(ret.u8[4] ? "scheme: https\n" : "scheme: http\n");
  } else {
    line("scheme: ", ret.u8[0], ret.u32[2], ret.u32[3]);
  }
  incoming_request_authority(req, RET);
  line("authority: ", ret.u8[0], ret.u32[1], ret.u32[2]);

  int32_t fields = incoming_request_headers(req);
  fields_entries(fields, RET);
  struct {
    uint32_t name, name_length, value, value_length;
  }* entry = (void*)ret.u32[0];
  uint32_t count = ret.u32[1];
  for (uint32_t i = 0; i < count; i++) {
    stream_write(out, (const void*)entry[i].name, entry[i].name_length);
    line(": ", 1, entry[i].value, entry[i].value_length);
  }
  fields_drop(fields);
  finish(r);
  incoming_request_drop(req);
}

// Answers wrongly: no response, two, heads that no client may ever see, more fields than a host should hold.
#include "hostile.h"

static char big[1 << 20];
static char many[32 << 10];

static void set_response(int32_t outparam, int32_t response) {
  response_outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
}
// Whether the host declines the field. What it accepts is sent.
static void try_field(int32_t outparam, const char* name, uint32_t name_n, const char* value, uint32_t value_n) {
  int32_t f = fields_new();
  fields_append(f, (int32_t)name, name_n, (int32_t)value, value_n, RET);
  if (ret.u8[0]) return answer_whether(outparam, 1);
  struct resp r = respond(outparam, 200, f);
  stream_write(r.stream, "accepted", 8);
  finish(r);
}
#define FIELD(function, name, value)                                          \
  static void function(int32_t req, int32_t outparam) {                       \
    try_field(outparam, name, sizeof(name) - 1, value, sizeof(value) - 1);    \
  }
FIELD(crlf_in_value, "x-a", "1\r\nset-cookie: stolen=1")
FIELD(lf_in_value, "x-a", "1\nset-cookie: stolen=1")
FIELD(nul_in_value, "x-a", "1\0002")
FIELD(crlf_in_name, "x-a\r\nset-cookie", "stolen=1")
FIELD(space_in_name, "x a", "1")
FIELD(colon_in_name, "x-a: 1", "1")
FIELD(empty_name, "", "1")
FIELD(not_utf8_name, "x-\xff\xfe", "1")
FIELD(forbidden_connection, "connection", "close")
FIELD(forbidden_transfer_encoding, "Transfer-Encoding", "chunked")
FIELD(length_not_a_number, "content-length", "12abc")
FIELD(length_negative, "content-length", "-1")
FIELD(length_too_big, "content-length", "99999999999999999999")

static void huge_value(int32_t req, int32_t outparam) {
  for (uint32_t i = 0; i < sizeof big; i++) big[i] = 'v';
  try_field(outparam, "x-huge", 6, big, sizeof big);
}
static void many_fields(int32_t req, int32_t outparam) {
  int32_t f = fields_new();
  for (int i = 0; i < 10000; i++) {
    char name[16] = "x-";
    fields_append(f, (int32_t)name, 2 + put_num(name + 2, i), (int32_t) "value", 5, RET);
    if (ret.u8[0]) return answer_whether(outparam, 1);
  }
  struct resp r = respond(outparam, 200, f);
  finish(r);
}
// 10,000 fields whose values are the same 32 KiB of the guest: 320 MB for a host that copies them.
static void giant_list(int32_t req, int32_t outparam) {
  struct entry {
    const char* name;
    uint32_t name_n;
    const char* value;
    uint32_t value_n;
  }* list = mem_alloc(4, 10000 * sizeof(struct entry));
  for (uint32_t i = 0; i < sizeof many; i++) many[i] = 'v';
  for (int i = 0; i < 10000; i++) list[i] = (struct entry){"x-same", 6, many, sizeof many};
  fields_from_list((int32_t)list, 10000, RET);
  answer_whether(outparam, ret.u8[0]);
}
// One set of fields of 100 KB, cloned until the host has had enough.
static void clone_fields(int32_t req, int32_t outparam) {
  for (uint32_t i = 0; i < sizeof many; i++) many[i] = 'v';
  int32_t f = fields_new();
  for (int i = 0; i < 3; i++) fields_append(f, (int32_t) "x-same", 6, (int32_t)many, sizeof many, RET);
  for (int i = 0; i < 10000; i++) fields_clone(f);
  answer_whether(outparam, 0);
}
static void change_immutable(int32_t req, int32_t outparam) {
  fields_append(incoming_request_headers(req), (int32_t) "x-a", 3, (int32_t) "1", 1, RET);
  answer_whether(outparam, ret.u8[0]);
}
static void two_lengths(int32_t req, int32_t outparam) {
  int32_t f = fields_new();
  header(f, "content-length", "5");
  header(f, "content-length", "7");
  struct resp r = respond(outparam, 200, f);
  stream_write(r.stream, "12345", 5);
  finish(r);
}
static void length_short(int32_t req, int32_t outparam) {
  int32_t f = fields_new();
  header(f, "content-length", "100");
  struct resp r = respond(outparam, 200, f);
  stream_write(r.stream, "12345", 5);
  finish(r);
}
static void length_long(int32_t req, int32_t outparam) {
  int32_t f = fields_new();
  header(f, "content-length", "5");
  struct resp r = respond(outparam, 200, f);
  for (int i = 0; i < 20 && !stream_write(r.stream, "12345", 5); i++) {
  }
  finish(r);
}

static void status(int32_t outparam, int32_t code) {
  int32_t response = outgoing_response_new(fields_new());
  if (outgoing_response_set_status_code(response, code)) return answer_whether(outparam, 1);
  set_response(outparam, response);
}
#define STATUS(code) \
  static void status_##code(int32_t req, int32_t outparam) { status(outparam, code); }
STATUS(0)
STATUS(99)
STATUS(100)
STATUS(101)
STATUS(199)
STATUS(1000)
STATUS(65535)

static void none(int32_t req, int32_t outparam) {}
static void drop_outparam(int32_t req, int32_t outparam) { response_outparam_drop(outparam); }
static void never(int32_t req, int32_t outparam) { wait_ms(86400000); }
static void twice(int32_t req, int32_t outparam) {
  set_response(outparam, outgoing_response_new(fields_new()));
  set_response(outparam, outgoing_response_new(fields_new()));
}
static void twice_mid_body(int32_t req, int32_t outparam) {
  first_bytes(outparam);
  set_response(outparam, outgoing_response_new(fields_new()));
}
static void error(int32_t req, int32_t outparam) {
  response_outparam_set(outparam, 1, 38, 0, 0, 0, 0, 0, 0);  // internal-error(none)
}
static void error_with_a_book(int32_t req, int32_t outparam) {
  for (uint32_t i = 0; i < sizeof big; i++) big[i] = 'e';
  response_outparam_set(outparam, 1, 38, 1, (int64_t)(uint32_t)big, sizeof big, 0, 0, 0);
}
static void error_case_99(int32_t req, int32_t outparam) {
  response_outparam_set(outparam, 1, 99, 0, 0, 0, 0, 0, 0);
}
// The head says that a body comes; outgoing-body is dropped instead of finished.
static void body_dropped(int32_t req, int32_t outparam) {
  struct resp r = first_bytes(outparam);
  output_stream_drop(r.stream);
  outgoing_body_drop(r.body);
}
static void bad_trailers(int32_t req, int32_t outparam) {
  struct resp r = first_bytes(outparam);
  int32_t f = fields_new();
  fields_append(f, (int32_t) "x-a", 3, (int32_t) "1\r\n\r\nHTTP/1.1 200 OK", 21, RET);
  output_stream_drop(r.stream);
  outgoing_body_finish(r.body, 1, f, RET);
}

static const struct behaviour kTable[] = {
    {"crlf-in-value", crlf_in_value},
    {"lf-in-value", lf_in_value},
    {"nul-in-value", nul_in_value},
    {"crlf-in-name", crlf_in_name},
    {"space-in-name", space_in_name},
    {"colon-in-name", colon_in_name},
    {"empty-name", empty_name},
    {"not-utf8-name", not_utf8_name},
    {"forbidden-connection", forbidden_connection},
    {"forbidden-transfer-encoding", forbidden_transfer_encoding},
    {"length-not-a-number", length_not_a_number},
    {"length-negative", length_negative},
    {"length-too-big", length_too_big},
    {"huge-value", huge_value},
    {"many-fields", many_fields},
    {"giant-list", giant_list},
    {"clone-fields", clone_fields},
    {"change-immutable", change_immutable},
    {"two-lengths", two_lengths},
    {"length-short", length_short},
    {"length-long", length_long},
    {"status-0", status_0},
    {"status-99", status_99},
    {"status-100", status_100},
    {"status-101", status_101},
    {"status-199", status_199},
    {"status-1000", status_1000},
    {"status-65535", status_65535},
    {"none", none},
    {"drop-outparam", drop_outparam},
    {"never", never},
    {"twice", twice},
    {"twice-mid-body", twice_mid_body},
    {"error", error},
    {"error-with-a-book", error_with_a_book},
    {"error-case-99", error_case_99},
    {"body-dropped", body_dropped},
    {"bad-trailers", bad_trailers},
};
BEHAVE(kTable)

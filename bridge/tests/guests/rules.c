// The rules of wasi:http, from a guest's side. Answers 200 and `line 0`, or the line of the first check that failed.
//   /              what is taken once, what is immutable, what is refused
//   /early/body    drops an outgoing-body before its stream: a trap
//   /early/finish  finishes one before its stream: a trap
//   /early/stream  drops a stream before its pollable: a trap
//   /early/in      drops an incoming-body before its stream: a trap
//   /after         sets the response, then keeps writing with nobody left to end it
#include "guest.h"

#define CHECK(what) \
  if (!(what)) return __LINE__
#define OK(result) (result.u8[0] == 0)

enum { kInvalidSyntax, kForbidden, kImmutable };

struct bytes {
  const char* data;
  uint32_t size;
};

static int append(int32_t fields, const char* name, const char* value) {
  header(fields, name, value);
  return OK(ret) ? -1 : ret.u8[1];
}

static int set(int32_t fields, const char* name, const struct bytes* values, uint32_t count) {
  fields_set(fields, (int32_t)name, (int32_t)slen(name), (int32_t)values, (int32_t)count, RET);
  return OK(ret) ? -1 : ret.u8[1];
}

static int delete(int32_t fields, const char* name) {
  fields_delete(fields, (int32_t)name, (int32_t)slen(name), RET);
  return OK(ret) ? -1 : ret.u8[1];
}

static uint32_t count(int32_t fields, const char* name) {
  fields_get(fields, (int32_t)name, (int32_t)slen(name), RET);
  return ret.u32[1];
}

static int check_fields(void) {
  const struct bytes two[] = {{"1", 1}, {"2", 1}}, bad[] = {{"1", 1}, {"\n", 1}};
  int32_t fields = fields_new();
  CHECK(append(fields, "X-A", "1") == -1);
  CHECK(append(fields, "x-a", "") == -1);
  CHECK(count(fields, "X-a") == 2);
  CHECK(append(fields, "a b", "1") == kInvalidSyntax);
  CHECK(append(fields, "", "1") == kInvalidSyntax);
  CHECK(append(fields, "x", "a\r\nb: c") == kInvalidSyntax);
  CHECK(append(fields, "Transfer-Encoding", "chunked") == kForbidden);
  CHECK(append(fields, "host", "a") == kForbidden);
  CHECK(append(fields, "content-length", "+1") == kInvalidSyntax);
  CHECK(set(fields, "x-a", bad, 2) == kInvalidSyntax);
  CHECK(set(fields, "upgrade", two, 1) == kForbidden);
  CHECK(set(fields, "content-length", two, 2) == kInvalidSyntax);
  CHECK(count(fields, "x-a") == 2);
  CHECK(set(fields, "x-b", two, 2) == -1);
  CHECK(fields_has(fields, (int32_t)"X-B", 3) && !fields_has(fields, (int32_t)"x-c", 3));
  CHECK(delete (fields, "x b") == kInvalidSyntax);
  CHECK(delete (fields, "absent") == -1);
  fields_entries(fields, RET);
  CHECK(ret.u32[1] == 4);

  int32_t copy = fields_clone(fields);
  CHECK(delete (copy, "x-a") == -1);
  CHECK(count(copy, "x-a") == 0 && count(fields, "x-a") == 2);
  CHECK(append(copy, "x-long",
               "0123456789012345678901234567890123456789012345678901234567890123456789"
               "0123456789012345678901234567890123456789012345678901234567890123456789"
               "0123456789012345678901234567890123456789012345678901234567890123456789"
               "0123456789012345678901234567890123456789012345678901234567890123456789") == -1);
  fields_get(copy, (int32_t)"x-long", 6, RET);
  CHECK(ret.u32[1] == 1 && ((const struct bytes*)ret.u32[0])->size == 280);

  const struct {
    struct bytes name, value;
  } list[] = {{{"a", 1}, {"1", 1}}, {{"b", 1}, {"2", 1}}}, wrong[] = {{{"a", 1}, {"1", 1}}, {{"host", 4}, {"2", 1}}};
  fields_from_list((int32_t)list, 2, RET);
  CHECK(OK(ret) && count((int32_t)ret.u32[1], "b") == 1);
  fields_from_list((int32_t)wrong, 2, RET);
  CHECK(!OK(ret) && ret.u8[4] == kForbidden);
  return 0;
}

static int check_immutable(int32_t fields) {
  const struct bytes one[] = {{"1", 1}};
  CHECK(append(fields, "a", "1") == kImmutable);
  CHECK(set(fields, "a", one, 1) == kImmutable);
  CHECK(delete (fields, "a") == kImmutable);
  int32_t copy = fields_clone(fields);
  CHECK(append(copy, "a-copy", "1") == -1);
  CHECK(count(copy, "a-copy") == 1 && count(fields, "a-copy") == 0);
  return 0;
}

static int check_request(int32_t request) {
  int line = check_immutable(incoming_request_headers(request));
  if (line) return line;
  incoming_request_consume(request, RET);
  CHECK(OK(ret));
  int32_t body = (int32_t)ret.u32[1];
  incoming_request_consume(request, RET);
  CHECK(!OK(ret));
  incoming_body_stream(body, RET);
  CHECK(OK(ret));
  int32_t stream = (int32_t)ret.u32[1];
  incoming_body_stream(body, RET);
  CHECK(!OK(ret));
  input_stream_drop(stream);
  int32_t future = incoming_body_finish(body), pollable = future_trailers_subscribe(future);
  pollable_block(pollable);
  pollable_drop(pollable);
  future_trailers_get(future, RET);
  CHECK(ret.u8[0] == 1 && ret.u8[8] == 0 && ret.u8[16] == 0 && ret.u8[24] == 0);  // there are none
  future_trailers_get(future, RET);
  CHECK(ret.u8[0] == 1 && ret.u8[8] == 1);  // and that is told once
  return 0;
}

static int check_response(void) {
  int32_t response = outgoing_response_new(fields_new());
  CHECK(outgoing_response_status_code(response) == 200);
  const int32_t none[] = {0, 1, 99, 100, 101, 199, 1000, 65535};
  for (uint32_t i = 0; i < sizeof none / sizeof none[0]; i++)
    CHECK(outgoing_response_set_status_code(response, none[i]));
  CHECK(!outgoing_response_set_status_code(response, 200) && !outgoing_response_set_status_code(response, 999));
  CHECK(outgoing_response_status_code(response) == 999);
  int line = check_immutable(outgoing_response_headers(response));
  if (line) return line;
  outgoing_response_body(response, RET);
  CHECK(OK(ret));
  int32_t body = (int32_t)ret.u32[1];
  outgoing_response_body(response, RET);
  CHECK(!OK(ret));
  outgoing_body_write(body, RET);
  CHECK(OK(ret));
  int32_t stream = (int32_t)ret.u32[1];
  outgoing_body_write(body, RET);
  CHECK(!OK(ret));
  outgoing_response_drop(response);  // nobody will read it
  output_stream_check_write(stream, RET);
  CHECK(!OK(ret) && ret.u8[8] == 1);
  output_stream_blocking_write_and_flush(stream, (int32_t)"x", 1, RET);
  CHECK(!OK(ret) && ret.u8[4] == 1);
  output_stream_drop(stream);
  outgoing_body_drop(body);
  return 0;
}

static int refuses_path(int32_t request, const char* path) {
  return outgoing_request_set_path_with_query(request, 1, (int32_t)path, (int32_t)slen(path));
}

static int refuses_authority(int32_t request, const char* authority) {
  return outgoing_request_set_authority(request, 1, (int32_t)authority, (int32_t)slen(authority));
}

// The error code, 100 when it was sent.
static uint32_t sent(int32_t request) {
  outgoing_handler_handle(request, 0, 0, RET);
  return ret.u8[0] ? ret.u8[8] : 100;
}

static int check_outgoing_request(void) {
  int32_t fields = fields_new();
  header(fields, "content-length", "5");
  int32_t request = outgoing_request_new(fields);
  outgoing_request_method(request, RET);
  CHECK(ret.u8[0] == 0);
  CHECK(outgoing_request_set_method(request, 9, (int32_t)"a b", 3));
  CHECK(!outgoing_request_set_method(request, 9, (int32_t)"PURGE", 5));
  outgoing_request_method(request, RET);
  CHECK(ret.u8[0] == 9 && ret.u32[2] == 5);
  CHECK(refuses_path(request, "http://a/") && refuses_path(request, "/a b") && refuses_path(request, "/#"));
  CHECK(!refuses_path(request, "?a") && !refuses_path(request, "/b?c=d"));
  CHECK(refuses_authority(request, "") && refuses_authority(request, "a/b") && refuses_authority(request, "a b"));
  CHECK(!refuses_authority(request, "user@a") && !refuses_authority(request, "a:80"));
  CHECK(outgoing_request_set_scheme(request, 1, 2, (int32_t)"a:", 2));
  CHECK(!outgoing_request_set_scheme(request, 1, 2, (int32_t)"gopher", 6));
  int line = check_immutable(outgoing_request_headers(request));
  if (line) return line;
  CHECK(sent(request) == 17);  // HTTP-request-body-size: a length, no body

  request = outgoing_request_new(fields_new());
  CHECK(sent(request) == 19);  // HTTP-request-URI-invalid: no authority
  request = outgoing_request_new(fields_new());
  refuses_authority(request, "user@a");
  CHECK(sent(request) == 19);
  request = outgoing_request_new(fields_new());
  refuses_authority(request, "a");
  outgoing_request_set_scheme(request, 1, 2, (int32_t)"gopher", 6);
  CHECK(sent(request) == 35);  // HTTP-protocol-error
  return 0;
}

static int early(char what, int32_t request) {
  if (what == 'i') {
    incoming_request_consume(request, RET);
    int32_t body = (int32_t)ret.u32[1];
    incoming_body_stream(body, RET);
    incoming_body_drop(body);
    return __LINE__;
  }
  outgoing_response_body(outgoing_response_new(fields_new()), RET);
  int32_t body = (int32_t)ret.u32[1];
  outgoing_body_write(body, RET);
  int32_t stream = (int32_t)ret.u32[1];
  if (what == 'b') outgoing_body_drop(body);
  if (what == 'f') outgoing_body_finish(body, 0, 0, RET);
  if (what == 's') {
    output_stream_subscribe(stream);
    output_stream_drop(stream);
  }
  return __LINE__;
}

void handle(int32_t request, int32_t outparam) {
  static const char kEarly[] = "/early/";
  const char* path;
  uint32_t length = get_path(request, &path), same = 0;
  while (same < length && path[same] == kEarly[same]) same++;
  int line;
  if (same == sizeof kEarly - 1) {
    line = early(path[same], request);
  } else if (length > 1 && path[1] == 'a') {
    struct resp left = respond(outparam, 200, fields_new());
    stream_write(left.stream, "left", 4);
    return;
  } else {
    line = check_fields();
    if (!line) line = check_request(request);
    if (!line) line = check_response();
    if (!line) line = check_outgoing_request();
  }
  static char text[32];
  uint32_t k = put(text, "line ");
  k += put_num(text + k, (uint64_t)line);
  respond_text(outparam, 200, text, k);
}

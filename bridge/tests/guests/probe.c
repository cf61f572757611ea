// Whatever the bridge's tests need beyond the guests of tests/guests; the path says what. DATA is a pattern that the
// test knows. Answers 200 and a line of text, except where it says otherwise.
//   /leak/N       makes N header sets and keeps them
//   /error/N      sets error-code N (without payload) as the response
//   /field/N      makes a field of N bytes
//   /abort        writes `part` and drops the body unfinished
//   /read         reads the body: `closed COUNT`, or `failed COUNT` when a read failed
//   /hold/N       waits N ms with the body open after writing `held`
//   /post/A/N     POST http://A/post with N bytes of DATA and timeouts of 1, 2 and 3 ms; `status COUNT-OF-BODY`
//   /drop/A       GET http://A/drop, drops the future at once
//   /dropbody/A   GET http://A/dropbody, reads something of its body, drops the rest
//   /many/N       N times GET http://many/N; the error-code of the last: `error-code N`
#include "guest.h"

static const char* path;
static uint32_t path_length;

static int is(const char* prefix) {
  uint32_t n = slen(prefix);
  if (n > path_length) return 0;
  for (uint32_t i = 0; i < n; i++) {
    if (path[i] != prefix[i]) return 0;
  }
  return 1;
}

static void answer(int32_t outparam, const char* text, uint64_t number) {
  static char out[64];
  uint32_t k = put(out, text);
  k += put_num(out + k, number);
  respond_text(outparam, 200, out, k);
}

static void wait(int32_t pollable) {
  pollable_block(pollable);
  pollable_drop(pollable);
}

// The bytes between the second and the third slash of the path, where `/name/` has `skip` bytes.
static uint32_t authority_length(uint32_t skip) {
  uint32_t n = 0;
  while (skip + n < path_length && path[skip + n] != '/') n++;
  return n;
}

static int32_t request(uint32_t method, const char* authority, uint32_t n, const char* target, uint32_t target_length) {
  int32_t o = outgoing_request_new(fields_new());
  outgoing_request_set_method(o, (int32_t)method, 0, 0);
  outgoing_request_set_scheme(o, 1, 0, 0, 0);
  outgoing_request_set_authority(o, 1, (int32_t)authority, (int32_t)n);
  outgoing_request_set_path_with_query(o, 1, (int32_t)target, (int32_t)target_length);
  return o;
}

// Sends it. The future, or -1 and the error code in *code.
static int32_t send(int32_t o, int32_t has_options, int32_t options, uint32_t* code) {
  outgoing_handler_handle(o, has_options, options, RET);
  if (!ret.u8[0]) return (int32_t)ret.u32[2];
  *code = ret.u8[8];
  return -1;
}

// Waits for it. The response, or -1 and the error code in *code.
static int32_t receive(int32_t future, uint32_t* code) {
  static union {
    uint64_t align;
    uint8_t u8[80];
    uint32_t u32[20];
  } got;
  wait(future_incoming_response_subscribe(future));
  future_incoming_response_get(future, (int32_t)&got);
  future_incoming_response_drop(future);
  if (got.u8[0] && !got.u8[8] && !got.u8[16]) return (int32_t)got.u32[6];
  *code = got.u8[24];
  return -1;
}

// Reads `in` to its end. The bytes read; *failed when a read failed.
static uint64_t drain(int32_t in, int* failed) {
  uint64_t have = 0;
  *failed = 0;
  for (;;) {
    uint32_t mark = bump;
    input_stream_blocking_read(in, 65536, RET);
    bump = mark;
    if (!ret.u8[0]) {
      have += ret.u32[2];
      continue;
    }
    if (ret.u8[4] == 0) {
      *failed = 1;
      error_drop((int32_t)ret.u32[2]);
    }
    return have;
  }
}

static void read_body(int32_t req, int32_t outparam) {
  incoming_request_consume(req, RET);
  int32_t body = (int32_t)ret.u32[1];
  incoming_body_stream(body, RET);
  int32_t in = (int32_t)ret.u32[1];
  int failed;
  uint64_t have = drain(in, &failed);
  input_stream_drop(in);
  incoming_body_drop(body);
  answer(outparam, failed ? "failed " : "closed ", have);
}

static void post(int32_t outparam) {
  uint32_t n = authority_length(6);
  uint64_t left = 0;
  for (uint32_t i = 6 + n + 1; i < path_length; i++) left = left * 10 + (uint64_t)(path[i] - '0');
  int32_t o = request(2, path + 6, n, "/post", 5), options = request_options_new();
  request_options_set_connect_timeout(options, 1, 1000000);
  request_options_set_first_byte_timeout(options, 1, 2000000);
  request_options_set_between_bytes_timeout(options, 1, 3000000);
  outgoing_request_body(o, RET);
  struct resp out = {(int32_t)ret.u32[1], 0};
  outgoing_body_write(out.body, RET);
  out.stream = (int32_t)ret.u32[1];
  uint32_t code = 0;
  int32_t future = send(o, 1, options, &code);
  if (future < 0) return answer(outparam, "error-code ", code);
  static uint8_t data[10007];
  for (uint32_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i % 251);
  while (left) {
    uint32_t piece = left < sizeof data ? (uint32_t)left : sizeof data;
    if (stream_write(out.stream, data, piece)) break;
    left -= piece;
  }
  finish(out);
  int32_t response = receive(future, &code);
  if (response < 0) return answer(outparam, "error-code ", code);
  uint32_t status = (uint32_t)incoming_response_status(response);
  incoming_response_consume(response, RET);
  int32_t body = (int32_t)ret.u32[1];
  incoming_body_stream(body, RET);
  int32_t in = (int32_t)ret.u32[1];
  int failed;
  uint64_t have = drain(in, &failed);
  input_stream_drop(in);
  incoming_body_drop(body);
  incoming_response_drop(response);
  static char text[64];
  uint32_t k = put_num(text, status);
  k += put(text + k, failed ? " failed " : " closed ");
  text[k] = 0;
  answer(outparam, text, have);
}

static void drop_body(int32_t outparam) {
  uint32_t code = 0;
  int32_t response = receive(send(request(0, path + 10, authority_length(10), "/dropbody", 9), 0, 0, &code), &code);
  incoming_response_consume(response, RET);
  int32_t body = (int32_t)ret.u32[1];
  incoming_body_stream(body, RET);
  int32_t in = (int32_t)ret.u32[1];
  input_stream_blocking_read(in, 4, RET);
  input_stream_drop(in);
  incoming_body_drop(body);
  incoming_response_drop(response);
  answer(outparam, "dropped ", 1);
}

static void many(int32_t outparam, uint64_t n) {
  uint32_t code = 99;
  for (uint64_t i = 0; i < n; i++) {
    static char target[32] = "/";
    uint32_t k = 1 + put_num(target + 1, i);
    int32_t future = send(request(0, "many", 4, target, k), 0, 0, &code);
    if (future < 0) continue;
    int32_t response = receive(future, &code);
    if (response >= 0) incoming_response_drop(response);
  }
  answer(outparam, "error-code ", code);
}

static void hold(int32_t outparam, uint64_t ms) {
  struct resp r = respond(outparam, 200, fields_new());
  stream_write(r.stream, "held", 4);
  wait(monotonic_clock_subscribe_duration((int64_t)ms * 1000000));
  finish(r);
}

void handle(int32_t req, int32_t outparam) {
  path_length = get_path(req, &path);
  uint64_t number = path_num(req, 0);
  if (is("/leak/")) {
    for (uint64_t i = 0; i < number; i++) fields_new();
    answer(outparam, "leaked ", number);
  } else if (is("/error/")) {
    response_outparam_set(outparam, 1, (int32_t)number, 0, 0, 0, 0, 0, 0);
  } else if (is("/field/")) {
    void* value = mem_alloc(1, (uint32_t)number);
    for (uint32_t i = 0; i < number; i++) ((char*)value)[i] = 'x';
    fields_append(fields_new(), (int32_t)"big", 3, (int32_t)value, (int32_t)number, RET);
    answer(outparam, "field ", number);
  } else if (is("/abort")) {
    struct resp r = respond(outparam, 200, fields_new());
    stream_write(r.stream, "part", 4);
    output_stream_drop(r.stream);
    outgoing_body_drop(r.body);
  } else if (is("/read")) {
    read_body(req, outparam);
  } else if (is("/hold/")) {
    hold(outparam, number);
  } else if (is("/post/")) {
    post(outparam);
  } else if (is("/dropbody/")) {
    drop_body(outparam);
  } else if (is("/drop/")) {
    uint32_t code = 0;
    future_incoming_response_drop(send(request(0, path + 6, authority_length(6), "/drop", 5), 0, 0, &code));
    answer(outparam, "dropped ", 0);
  } else if (is("/many/")) {
    many(outparam, number);
  } else {
    answer(outparam, "path ", path_length);
  }
  incoming_request_drop(req);
}

// Misuses the bodies and their streams: more than is permitted, after the end, for ever, or not at all.
#include "hostile.h"

static char block[1 << 20];

static int32_t input_of(int32_t req, int32_t* body) {
  incoming_request_consume(req, RET);
  *body = ret.u32[1];
  incoming_body_stream(*body, RET);
  return ret.u32[1];
}

static void endless(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  while (!stream_write(r.stream, block, sizeof block)) {
  }
}
static void endless_bytes(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  while (!stream_write(r.stream, block, 1)) {
  }
}
static void endless_zeroes(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  do output_stream_blocking_write_zeroes_and_flush(r.stream, 4096, RET);
  while (!ret.u8[0]);
}
// Nobody has said by check-write that there is room.
static void write_unasked(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  output_stream_write(r.stream, (int32_t)block, sizeof block, RET);
  finish(r);
}
static void write_too_much(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  output_stream_check_write(r.stream, RET);
  for (int i = 0; i < 64; i++) output_stream_write(r.stream, (int32_t)block, sizeof block, RET);
  finish(r);
}
static void write_4gib_of_zeroes(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  output_stream_write_zeroes(r.stream, 4ll << 30, RET);
  finish(r);
}
static void flush_4gib_of_zeroes(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  output_stream_blocking_write_zeroes_and_flush(r.stream, 4ll << 30, RET);
  finish(r);
}
static void write_after_drop(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  output_stream_drop(r.stream);
  output_stream_write(r.stream, (int32_t)block, 1, RET);
}
static void drop_twice(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  output_stream_drop(r.stream);
  output_stream_drop(r.stream);
}
static void finish_before_drop(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  outgoing_body_finish(r.body, 0, 0, RET);
}
static void finish_twice(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  output_stream_drop(r.stream);
  outgoing_body_finish(r.body, 0, 0, RET);
  outgoing_body_finish(r.body, 0, 0, RET);
}
static void body_twice(int32_t req, int32_t outparam) {
  int32_t response = outgoing_response_new(fields_new());
  outgoing_response_body(response, RET);
  outgoing_response_body(response, RET);
  answer_whether(outparam, ret.u8[0]);
}
static void write_twice(int32_t req, int32_t outparam) {
  int32_t response = outgoing_response_new(fields_new());
  outgoing_response_body(response, RET);
  int32_t body = ret.u32[1];
  outgoing_body_write(body, RET);
  outgoing_body_write(body, RET);
  answer_whether(outparam, ret.u8[0]);
}
static void consume_twice(int32_t req, int32_t outparam) {
  incoming_request_consume(req, RET);
  incoming_request_consume(req, RET);
  answer_whether(outparam, ret.u8[0]);
}
static void stream_twice(int32_t req, int32_t outparam) {
  int32_t body;
  input_of(req, &body);
  incoming_body_stream(body, RET);
  answer_whether(outparam, ret.u8[0]);
}
static void read_after_finish(int32_t req, int32_t outparam) {
  int32_t body, in = input_of(req, &body);
  input_stream_drop(in);
  incoming_body_finish(body);
  input_stream_read(in, 1, RET);
  answer_whether(outparam, ret.u8[0]);
}
static void drop_body_before_stream(int32_t req, int32_t outparam) {
  int32_t body;
  input_of(req, &body);
  incoming_body_drop(body);
  answer(outparam, "accepted");
}
static void read_everything_there_is(int32_t req, int32_t outparam) {
  int32_t body, in = input_of(req, &body);
  do input_stream_blocking_read(in, -1, RET), bump = 0;
  while (!ret.u8[0]);
  answer(outparam, "read");
}
static void skip_everything_there_is(int32_t req, int32_t outparam) {
  int32_t body, in = input_of(req, &body);
  do input_stream_blocking_skip(in, -1, RET);
  while (!ret.u8[0]);
  answer(outparam, "skipped");
}
static void read_nothing_for_ever(int32_t req, int32_t outparam) {
  int32_t body, in = input_of(req, &body);
  for (;;) input_stream_read(in, 0, RET), bump = 0;
}
static void splice_for_ever(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  int32_t body, in = input_of(req, &body);
  for (;;) output_stream_splice(r.stream, in, -1, RET);
}
static void splice_nothing_for_ever(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  int32_t body, in = input_of(req, &body);
  for (;;) output_stream_blocking_splice(r.stream, in, 0, RET);
}
static void splice_into_the_log(int32_t req, int32_t outparam) {
  int32_t body, in = input_of(req, &body), log = get_stderr();
  do output_stream_blocking_splice(log, in, -1, RET);
  while (!ret.u8[0]);
  answer(outparam, "logged");
}
static void flush_for_ever(int32_t req, int32_t outparam) {
  struct resp r = respond(outparam, 200, fields_new());
  for (;;) output_stream_blocking_flush(r.stream, RET);
}
static void unread(int32_t req, int32_t outparam) { answer(outparam, "unread"); }
static void unread_never(int32_t req, int32_t outparam) { wait_ms(86400000); }

static const struct behaviour kTable[] = {
    {"endless", endless},
    {"endless-bytes", endless_bytes},
    {"endless-zeroes", endless_zeroes},
    {"write-unasked", write_unasked},
    {"write-too-much", write_too_much},
    {"write-4gib-of-zeroes", write_4gib_of_zeroes},
    {"flush-4gib-of-zeroes", flush_4gib_of_zeroes},
    {"write-after-drop", write_after_drop},
    {"drop-twice", drop_twice},
    {"finish-before-drop", finish_before_drop},
    {"finish-twice", finish_twice},
    {"body-twice", body_twice},
    {"write-twice", write_twice},
    {"consume-twice", consume_twice},
    {"stream-twice", stream_twice},
    {"read-after-finish", read_after_finish},
    {"drop-body-before-stream", drop_body_before_stream},
    {"read-everything-there-is", read_everything_there_is},
    {"skip-everything-there-is", skip_everything_there_is},
    {"read-nothing-for-ever", read_nothing_for_ever},
    {"splice-for-ever", splice_for_ever},
    {"splice-nothing-for-ever", splice_nothing_for_ever},
    {"splice-into-the-log", splice_into_the_log},
    {"flush-for-ever", flush_for_ever},
    {"unread", unread},
    {"unread-never", unread_never},
};
BEHAVE(kTable)

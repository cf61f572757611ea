// The function as a WebAssembly component: calls of WASI 0.2, by the component model's canonical ABI.
//
// There is no libc and there are no generated bindings: a resource is an int32_t handle, a string or list is a pointer
// and a length, and a result that is too large for a register is written to the address given last. wasm-component-ld
// checks each import and export against wit/function.wit: to use more of WASI, declare it there and here.
#include <stdint.h>

#include "function.h"

#define IMPORT(interface, function) __attribute__((import_module(interface), import_name(function)))
#define ENVIRONMENT "wasi:cli/environment@0.2.0"
#define HTTP "wasi:http/types@0.2.0"
#define STREAMS "wasi:io/streams@0.2.0"

IMPORT(ENVIRONMENT, "get-environment") void get_environment(void* result);
IMPORT(HTTP, "[method]incoming-request.method") void incoming_request_method(int32_t request, void* result);
IMPORT(HTTP, "[method]incoming-request.path-with-query") void incoming_request_target(int32_t request, void* result);
IMPORT(HTTP, "[resource-drop]incoming-request") void incoming_request_drop(int32_t request);
IMPORT(HTTP, "[constructor]fields") int32_t fields_new(void);
IMPORT(HTTP, "[method]fields.append")
void fields_append(int32_t fields, const char* name, size_t name_length, const char* value, size_t value_length,
                   void* result);
IMPORT(HTTP, "[constructor]outgoing-response") int32_t outgoing_response_new(int32_t fields);
IMPORT(HTTP, "[method]outgoing-response.set-status-code")
int32_t outgoing_response_set_status(int32_t response, int32_t status);
IMPORT(HTTP, "[method]outgoing-response.body") void outgoing_response_body(int32_t response, void* result);
IMPORT(HTTP, "[static]response-outparam.set")
void response_outparam_set(int32_t outparam, int32_t is_error, int32_t response, int32_t, int64_t, int32_t, int32_t,
                           int32_t, int32_t);
IMPORT(HTTP, "[method]outgoing-body.write") void outgoing_body_write(int32_t body, void* result);
IMPORT(HTTP, "[static]outgoing-body.finish")
void outgoing_body_finish(int32_t body, int32_t has_trailers, int32_t trailers, void* result);
IMPORT(STREAMS, "[method]output-stream.blocking-write-and-flush")
void output_stream_blocking_write_and_flush(int32_t stream, const char* bytes, size_t length, void* result);
IMPORT(STREAMS, "[resource-drop]output-stream") void output_stream_drop(int32_t stream);

// Where the host writes results: a tag (of an option, a result, a variant) in the first word, then its value.
static union {
  uint64_t align;
  uint32_t word[16];
} result;

// What the host needs room for: the request's texts and the environment. An instance serves one request at a time, so
// each one begins with all of it.
static uint64_t arena[1U << 16];
static size_t arena_used;

__attribute__((export_name("cabi_realloc"))) void* cabi_realloc(void* old, size_t old_size, size_t align, size_t size) {
  (void)old_size;
  const size_t at = (arena_used + align - 1) / align * align;
  if (old != NULL || at > sizeof arena || size > sizeof arena - at) __builtin_trap();
  arena_used = at + size;
  return (char*)arena + at;
}

// Clang makes calls of it out of loops and assignments.
void* memcpy(void* to, const void* from, size_t length) {
  char* out = to;
  const char* in = from;
  while (length-- > 0) *out++ = *in++;
  return to;
}

static text text_at(const uint32_t* words) { return (text){(const char*)words[0], words[1]}; }

static bool same(text a, text b) {
  size_t i = 0;
  while (i < a.length && i < b.length && a.at[i] == b.at[i]) ++i;
  return i == a.length && i == b.length;
}

text environment(text name, text otherwise) {
  get_environment(&result);
  const uint32_t* entry = (const uint32_t*)result.word[0];
  for (uint32_t count = result.word[1]; count > 0; --count, entry += 4) {
    if (same(text_at(entry), name)) return text_at(entry + 2);
  }
  return otherwise;
}

static request read_request(int32_t handle) {
  static const text kMethods[] = {TEXT("GET"),     TEXT("HEAD"),    TEXT("POST"),  TEXT("PUT"),  TEXT("DELETE"),
                                  TEXT("CONNECT"), TEXT("OPTIONS"), TEXT("TRACE"), TEXT("PATCH")};
  request read;
  incoming_request_method(handle, &result);
  const uint32_t method = result.word[0] & 0xff;
  read.method = method < sizeof kMethods / sizeof kMethods[0] ? kMethods[method] : text_at(&result.word[1]);
  incoming_request_target(handle, &result);
  read.target = (result.word[0] & 0xff) == 0 ? TEXT("/") : text_at(&result.word[1]);
  return read;
}

// At most 4096 bytes go in one call. False when the client has gone.
static bool write_all(int32_t stream, text bytes) {
  while (bytes.length > 0) {
    const size_t count = bytes.length < 4096 ? bytes.length : 4096;
    output_stream_blocking_write_and_flush(stream, bytes.at, count, &result);
    if ((result.word[0] & 0xff) != 0) return false;
    bytes = (text){bytes.at + count, bytes.length - count};
  }
  return true;
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle"))) void handle(int32_t request_handle,
                                                                                    int32_t outparam) {
  static char room[65536];
  arena_used = 0;
  const request asked = read_request(request_handle);
  scratch space = {room, 0, sizeof room};
  const response answered = answer(&asked, &space);

  const int32_t fields = fields_new();
  const text name = TEXT("content-type");
  fields_append(fields, name.at, name.length, answered.content_type.at, answered.content_type.length, &result);
  const int32_t head = outgoing_response_new(fields);
  outgoing_response_set_status(head, (int32_t)answered.status);
  outgoing_response_body(head, &result);
  const int32_t body = (int32_t)result.word[1];

  // The head first, then the body; the stream is the body's child and goes before it.
  response_outparam_set(outparam, 0, head, 0, 0, 0, 0, 0, 0);
  outgoing_body_write(body, &result);
  const int32_t stream = (int32_t)result.word[1];
  const bool whole = write_all(stream, answered.body);
  output_stream_drop(stream);
  if (whole) outgoing_body_finish(body, 0, 0, &result);  // not finishing it says that it was cut off
  incoming_request_drop(request_handle);
}

// The smallest function: 200, content-type, content-length, "Hello, World!".
//
// It calls WASI by the component model's canonical ABI, with no libc and no generated bindings: a resource is an
// int32_t handle, a string or list is a pointer and a length, and a result that is too large for a register is
// written to the address given last. wasm-component-ld checks each import and export against hello.wit.
#include <stddef.h>
#include <stdint.h>

#define IMPORT(interface, function) __attribute__((import_module(interface), import_name(function)))
#define HTTP "wasi:http/types@0.2.0"
#define STREAMS "wasi:io/streams@0.2.0"

IMPORT(HTTP, "[constructor]fields") int32_t fields_new(void);
IMPORT(HTTP, "[method]fields.append")
void fields_append(int32_t fields, const char* name, size_t name_length, const char* value, size_t value_length,
                   void* result);
IMPORT(HTTP, "[resource-drop]incoming-request") void incoming_request_drop(int32_t request);
IMPORT(HTTP, "[constructor]outgoing-response") int32_t outgoing_response_new(int32_t fields);
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

// Where the host writes results: a tag (0 = ok) in the first word and a handle in the second, or an error code.
static union {
  uint64_t align;
  uint32_t word[16];
} result;

// The host asks for memory only to explain an error of outgoing_body_finish, which this function does not read.
static uint64_t scratch[128];

__attribute__((export_name("cabi_realloc"))) void* cabi_realloc(void* old, size_t old_size, size_t align, size_t size) {
  if (size > sizeof scratch) __builtin_trap();
  return scratch;
}

static void append(int32_t fields, const char* name, size_t name_length, const char* value, size_t value_length) {
  fields_append(fields, name, name_length, value, value_length, &result);
}
#define APPEND(fields, name, value) append(fields, name, sizeof(name) - 1, value, sizeof(value) - 1)

__attribute__((export_name("wasi:http/incoming-handler@0.2.0#handle"))) void handle(int32_t request, int32_t outparam) {
  static const char kText[] = "Hello, World!";
  int32_t fields = fields_new();
  APPEND(fields, "content-type", "text/plain");
  APPEND(fields, "content-length", "13");
  int32_t response = outgoing_response_new(fields);
  outgoing_response_body(response, &result);
  int32_t body = (int32_t)result.word[1];

  // The head first, then the body; the stream is the body's child and goes before it.
  response_outparam_set(outparam, 0, response, 0, 0, 0, 0, 0, 0);
  outgoing_body_write(body, &result);
  int32_t stream = (int32_t)result.word[1];
  output_stream_blocking_write_and_flush(stream, kText, sizeof kText - 1, &result);
  output_stream_drop(stream);
  outgoing_body_finish(body, 0, 0, &result);
  incoming_request_drop(request);
}

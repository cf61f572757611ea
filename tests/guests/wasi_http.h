// Raw canonical-ABI imports of WASI 0.2.0, generated from http.wit. Do not edit.
#pragma once
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

// wasi:io/error@0.2.0
__attribute__((import_module("wasi:io/error@0.2.0"), import_name("[method]error.to-debug-string"))) void
error_to_debug_string(int32_t, int32_t);
__attribute__((import_module("wasi:io/error@0.2.0"), import_name("[resource-drop]error"))) void error_drop(int32_t);

// wasi:io/poll@0.2.0
__attribute__((import_module("wasi:io/poll@0.2.0"), import_name("[method]pollable.ready"))) int32_t
pollable_ready(int32_t);
__attribute__((import_module("wasi:io/poll@0.2.0"), import_name("[method]pollable.block"))) void pollable_block(
    int32_t);
__attribute__((import_module("wasi:io/poll@0.2.0"), import_name("poll"))) void poll(int32_t, int32_t, int32_t);
__attribute__((import_module("wasi:io/poll@0.2.0"), import_name("[resource-drop]pollable"))) void pollable_drop(
    int32_t);

// wasi:io/streams@0.2.0
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[method]input-stream.read"))) void
input_stream_read(int32_t, int64_t, int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[method]input-stream.blocking-read"))) void
input_stream_blocking_read(int32_t, int64_t, int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[method]input-stream.skip"))) void
input_stream_skip(int32_t, int64_t, int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[method]input-stream.blocking-skip"))) void
input_stream_blocking_skip(int32_t, int64_t, int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[method]input-stream.subscribe"))) int32_t
input_stream_subscribe(int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[method]output-stream.check-write"))) void
output_stream_check_write(int32_t, int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[method]output-stream.write"))) void
output_stream_write(int32_t, int32_t, int32_t, int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"),
               import_name("[method]output-stream.blocking-write-and-flush"))) void
output_stream_blocking_write_and_flush(int32_t, int32_t, int32_t, int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[method]output-stream.flush"))) void
output_stream_flush(int32_t, int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[method]output-stream.blocking-flush"))) void
output_stream_blocking_flush(int32_t, int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[method]output-stream.subscribe"))) int32_t
output_stream_subscribe(int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[method]output-stream.write-zeroes"))) void
output_stream_write_zeroes(int32_t, int64_t, int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"),
               import_name("[method]output-stream.blocking-write-zeroes-and-flush"))) void
output_stream_blocking_write_zeroes_and_flush(int32_t, int64_t, int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[method]output-stream.splice"))) void
output_stream_splice(int32_t, int32_t, int64_t, int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[method]output-stream.blocking-splice"))) void
output_stream_blocking_splice(int32_t, int32_t, int64_t, int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[resource-drop]input-stream"))) void
input_stream_drop(int32_t);
__attribute__((import_module("wasi:io/streams@0.2.0"), import_name("[resource-drop]output-stream"))) void
output_stream_drop(int32_t);

// wasi:clocks/monotonic-clock@0.2.0
__attribute__((import_module("wasi:clocks/monotonic-clock@0.2.0"), import_name("now"))) int64_t
monotonic_clock_now(void);
__attribute__((import_module("wasi:clocks/monotonic-clock@0.2.0"), import_name("resolution"))) int64_t
monotonic_clock_resolution(void);
__attribute__((import_module("wasi:clocks/monotonic-clock@0.2.0"), import_name("subscribe-instant"))) int32_t
monotonic_clock_subscribe_instant(int64_t);
__attribute__((import_module("wasi:clocks/monotonic-clock@0.2.0"), import_name("subscribe-duration"))) int32_t
monotonic_clock_subscribe_duration(int64_t);

// wasi:clocks/wall-clock@0.2.0
__attribute__((import_module("wasi:clocks/wall-clock@0.2.0"), import_name("now"))) void wall_clock_now(int32_t);
__attribute__((import_module("wasi:clocks/wall-clock@0.2.0"), import_name("resolution"))) void wall_clock_resolution(
    int32_t);

// wasi:cli/environment@0.2.0
__attribute__((import_module("wasi:cli/environment@0.2.0"), import_name("get-environment"))) void get_environment(
    int32_t);
__attribute__((import_module("wasi:cli/environment@0.2.0"), import_name("get-arguments"))) void get_arguments(int32_t);
__attribute__((import_module("wasi:cli/environment@0.2.0"), import_name("initial-cwd"))) void initial_cwd(int32_t);

// wasi:cli/stdout@0.2.0
__attribute__((import_module("wasi:cli/stdout@0.2.0"), import_name("get-stdout"))) int32_t get_stdout(void);

// wasi:cli/stderr@0.2.0
__attribute__((import_module("wasi:cli/stderr@0.2.0"), import_name("get-stderr"))) int32_t get_stderr(void);

// wasi:http/types@0.2.0
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("http-error-code"))) void http_error_code(int32_t,
                                                                                                             int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[constructor]fields"))) int32_t fields_new(void);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[static]fields.from-list"))) void fields_from_list(
    int32_t, int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]fields.get"))) void fields_get(int32_t,
                                                                                                           int32_t,
                                                                                                           int32_t,
                                                                                                           int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]fields.has"))) int32_t fields_has(int32_t,
                                                                                                              int32_t,
                                                                                                              int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]fields.set"))) void fields_set(
    int32_t, int32_t, int32_t, int32_t, int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]fields.delete"))) void fields_delete(
    int32_t, int32_t, int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]fields.append"))) void fields_append(
    int32_t, int32_t, int32_t, int32_t, int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]fields.entries"))) void fields_entries(
    int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]fields.clone"))) int32_t
fields_clone(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]incoming-request.method"))) void
incoming_request_method(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]incoming-request.path-with-query"))) void
incoming_request_path_with_query(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]incoming-request.scheme"))) void
incoming_request_scheme(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]incoming-request.authority"))) void
incoming_request_authority(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]incoming-request.headers"))) int32_t
incoming_request_headers(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]incoming-request.consume"))) void
incoming_request_consume(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[constructor]outgoing-request"))) int32_t
outgoing_request_new(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]outgoing-request.body"))) void
outgoing_request_body(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]outgoing-request.method"))) void
outgoing_request_method(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]outgoing-request.set-method"))) int32_t
outgoing_request_set_method(int32_t, int32_t, int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]outgoing-request.path-with-query"))) void
outgoing_request_path_with_query(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"),
               import_name("[method]outgoing-request.set-path-with-query"))) int32_t
outgoing_request_set_path_with_query(int32_t, int32_t, int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]outgoing-request.scheme"))) void
outgoing_request_scheme(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]outgoing-request.set-scheme"))) int32_t
outgoing_request_set_scheme(int32_t, int32_t, int32_t, int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]outgoing-request.authority"))) void
outgoing_request_authority(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]outgoing-request.set-authority"))) int32_t
outgoing_request_set_authority(int32_t, int32_t, int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]outgoing-request.headers"))) int32_t
outgoing_request_headers(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[constructor]request-options"))) int32_t
request_options_new(void);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]request-options.connect-timeout"))) void
request_options_connect_timeout(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"),
               import_name("[method]request-options.set-connect-timeout"))) int32_t
request_options_set_connect_timeout(int32_t, int32_t, int64_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]request-options.first-byte-timeout"))) void
request_options_first_byte_timeout(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"),
               import_name("[method]request-options.set-first-byte-timeout"))) int32_t
request_options_set_first_byte_timeout(int32_t, int32_t, int64_t);
__attribute__((import_module("wasi:http/types@0.2.0"),
               import_name("[method]request-options.between-bytes-timeout"))) void
request_options_between_bytes_timeout(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"),
               import_name("[method]request-options.set-between-bytes-timeout"))) int32_t
request_options_set_between_bytes_timeout(int32_t, int32_t, int64_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[static]response-outparam.set"))) void
response_outparam_set(int32_t, int32_t, int32_t, int32_t, int64_t, int32_t, int32_t, int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]incoming-response.status"))) int32_t
incoming_response_status(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]incoming-response.headers"))) int32_t
incoming_response_headers(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]incoming-response.consume"))) void
incoming_response_consume(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]incoming-body.stream"))) void
incoming_body_stream(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[static]incoming-body.finish"))) int32_t
incoming_body_finish(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]future-trailers.subscribe"))) int32_t
future_trailers_subscribe(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]future-trailers.get"))) void
future_trailers_get(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[constructor]outgoing-response"))) int32_t
outgoing_response_new(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]outgoing-response.status-code"))) int32_t
outgoing_response_status_code(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"),
               import_name("[method]outgoing-response.set-status-code"))) int32_t
outgoing_response_set_status_code(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]outgoing-response.headers"))) int32_t
outgoing_response_headers(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]outgoing-response.body"))) void
outgoing_response_body(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]outgoing-body.write"))) void
outgoing_body_write(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[static]outgoing-body.finish"))) void
outgoing_body_finish(int32_t, int32_t, int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"),
               import_name("[method]future-incoming-response.subscribe"))) int32_t
future_incoming_response_subscribe(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[method]future-incoming-response.get"))) void
future_incoming_response_get(int32_t, int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[resource-drop]fields"))) void fields_drop(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[resource-drop]incoming-request"))) void
incoming_request_drop(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[resource-drop]outgoing-request"))) void
outgoing_request_drop(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[resource-drop]request-options"))) void
request_options_drop(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[resource-drop]response-outparam"))) void
response_outparam_drop(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[resource-drop]incoming-response"))) void
incoming_response_drop(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[resource-drop]incoming-body"))) void
incoming_body_drop(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[resource-drop]future-trailers"))) void
future_trailers_drop(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[resource-drop]outgoing-response"))) void
outgoing_response_drop(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[resource-drop]outgoing-body"))) void
outgoing_body_drop(int32_t);
__attribute__((import_module("wasi:http/types@0.2.0"), import_name("[resource-drop]future-incoming-response"))) void
future_incoming_response_drop(int32_t);

// wasi:http/outgoing-handler@0.2.0
__attribute__((import_module("wasi:http/outgoing-handler@0.2.0"), import_name("handle"))) void outgoing_handler_handle(
    int32_t, int32_t, int32_t, int32_t);

#ifdef __cplusplus
}
#endif

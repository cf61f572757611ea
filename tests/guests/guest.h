// Small functions for freestanding wasi:http guests in C: no libc, no preview1 adapter.
#pragma once
#include "wasi_http.h"
#define EXPORT(n) __attribute__((export_name(n)))
#ifdef __cplusplus
extern "C" {
#endif
#ifdef GUEST_LIBC  // with wasi-libc: what the host allocates comes from malloc, and the guest frees it
#include <stdlib.h>
EXPORT("cabi_realloc") void* cabi_realloc(void* old, size_t old_n, size_t align, size_t n) {
  if (!n) return (void*)align;
  void* p = realloc(old, n);
  if (!p) abort();
  return p;
}
#else
extern unsigned char __heap_base;
static uint32_t bump;
static inline void* mem_alloc(uint32_t align, uint32_t n) {
  if (!bump) bump = (uint32_t)&__heap_base;
  uint32_t p = (bump + align - 1) & -align, end = p + n, have = __builtin_wasm_memory_size(0) * 65536u;
  if (end < p) __builtin_trap();
  if (end > have && __builtin_wasm_memory_grow(0, (end - have + 65535) >> 16) == (size_t)-1) __builtin_trap();
  bump = end;
  return (void*)p;
}
// Everything that the host allocates lives until the next request (the handler resets `bump`).
EXPORT("cabi_realloc") void* cabi_realloc(void* old, size_t old_n, size_t align, size_t n) {
  if (!n) return (void*)align;
  unsigned char *p = (unsigned char*)mem_alloc(align, n), *o = (unsigned char*)old;
  for (size_t i = 0; i < old_n && i < n; i++) p[i] = o[i];
  return p;
}
#endif
static union {
  uint64_t align;
  uint8_t u8[64];
  uint32_t u32[16];
  uint64_t u64[8];
} ret;
#define RET ((int32_t)&ret)
static inline uint32_t slen(const char* s) {
  uint32_t n = 0;
  while (s[n]) n++;
  return n;
}

static inline void header(int32_t fields, const char* k, const char* v) {
  fields_append(fields, (int32_t)k, slen(k), (int32_t)v, slen(v), RET);
}

struct resp {
  int32_t body, stream;
};
// Sends the status and headers (`fields` is consumed) and opens the body.
static inline struct resp respond(int32_t outparam, int32_t status, int32_t fields) {
  struct resp r;
  int32_t o = outgoing_response_new(fields);
  if (status != 200) outgoing_response_set_status_code(o, status);
  outgoing_response_body(o, RET);
  r.body = ret.u32[1];
  response_outparam_set(outparam, 0, o, 0, 0, 0, 0, 0, 0);
  outgoing_body_write(r.body, RET);
  r.stream = ret.u32[1];
  return r;
}
// 0 when written, -1 when the stream is closed or failed.
static inline int stream_write(int32_t s, const void* data, uint32_t n) {
  const uint8_t* p = (const uint8_t*)data;
  while (n) {
    output_stream_check_write(s, RET);
    if (ret.u8[0]) return -1;
    uint64_t room = ret.u64[1];
    if (!room) {
      int32_t po = output_stream_subscribe(s);
      pollable_block(po);
      pollable_drop(po);
      continue;
    }
    uint32_t k = room < n ? (uint32_t)room : n;
    output_stream_write(s, (int32_t)p, k, RET);
    if (ret.u8[0]) return -1;
    p += k;
    n -= k;
  }
  return 0;
}
static inline void finish(struct resp r) {
  output_stream_blocking_flush(r.stream, RET);
  output_stream_drop(r.stream);
  outgoing_body_finish(r.body, 0, 0, RET);
}
static inline void respond_text(int32_t outparam, int32_t status, const char* text, uint32_t n) {
  int32_t f = fields_new();
  header(f, "content-type", "text/plain");
  struct resp r = respond(outparam, status, f);
  stream_write(r.stream, text, n);
  finish(r);
}
static inline uint32_t put_num(char* at, uint64_t v) {
  char t[20];
  uint32_t n = 0;
  do t[n++] = '0' + v % 10;
  while (v /= 10);
  for (uint32_t i = 0; i < n; i++) at[i] = t[n - 1 - i];
  return n;
}
static inline uint32_t put(char* at, const char* s) {
  uint32_t n = slen(s);
  for (uint32_t i = 0; i < n; i++) at[i] = s[i];
  return n;
}
// The request's path and query (nothing: length 0).
static inline uint32_t get_path(int32_t req, const char** p) {
  incoming_request_path_with_query(req, RET);
  if (!ret.u8[0]) {
    *p = "";
    return 0;
  }
  *p = (const char*)ret.u32[1];
  return ret.u32[2];
}
static inline uint64_t path_num(int32_t req, uint64_t dflt) {
  const char* p;
  uint32_t n = get_path(req, &p);
  uint64_t v = 0;
  int any = 0;
  for (uint32_t i = 0; i < n && p[i] != '?'; i++)
    if (p[i] >= '0' && p[i] <= '9') {
      v = v * 10 + (p[i] - '0');
      any = 1;
    }
  return any ? v : dflt;
}
void handle(int32_t req, int32_t outparam);
EXPORT("wasi:http/incoming-handler@0.2.0#handle") void handle_export(int32_t req, int32_t outparam) {
#ifndef GUEST_LIBC
  bump = 0;
#endif
  handle(req, outparam);
}
#ifdef __cplusplus
}
#endif

// What is answered to which request.
#include "function.h"

static bool same(text a, text b) {
  if (a.length != b.length) return false;
  for (size_t i = 0; i < a.length; ++i) {
    if (a.at[i] != b.at[i]) return false;
  }
  return true;
}

// The target up to its query.
static text path_of(text target) {
  size_t length = 0;
  while (length < target.length && target.at[length] != '?') ++length;
  return (text){target.at, length};
}

// Builds a text in the scratch; what does not fit is left out.
static void put(scratch* out, char c) {
  if (out->used < out->size) out->at[out->used++] = c;
}
static void put_text(scratch* out, text more) {
  for (size_t i = 0; i < more.length; ++i) put(out, more.at[i]);
}
static void put_html(scratch* out, text more) {
  for (size_t i = 0; i < more.length; ++i) {
    if (more.at[i] == '&') put_text(out, TEXT("&amp;"));
    else if (more.at[i] == '<') put_text(out, TEXT("&lt;"));
    else put(out, more.at[i]);
  }
}
static void put_json(scratch* out, text more) {
  static const char kHex[] = "0123456789abcdef";
  for (size_t i = 0; i < more.length; ++i) {
    const unsigned char c = (unsigned char)more.at[i];
    if (c < 0x20) {
      put_text(out, TEXT("\\u00"));
      put(out, kHex[c >> 4]);
      put(out, kHex[c & 15]);
    } else {
      if (c == '"' || c == '\\') put(out, '\\');
      put(out, (char)c);
    }
  }
}

static response page(text greeting, scratch* scratch) {
  put_text(scratch, TEXT("<!doctype html>\n"
                         "<html lang=\"en\">\n"
                         "<meta charset=\"utf-8\">\n"
                         "<meta name=\"viewport\" content=\"width=device-width\">\n"
                         "<title>{{name}}</title>\n"
                         "<style>\n"
                         "  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem; }\n"
                         "  :root { color-scheme: light dark; }\n"
                         "</style>\n"
                         "<h1>"));
  put_html(scratch, greeting);
  put_text(scratch, TEXT(" from {{name}}</h1>\n"
                         "<p>This page is made in <code>src/function.c</code>: change it, save, and look again.</p>\n"
                         "<p>There is an API too: <a href=\"/api/hello\">/api/hello</a></p>\n"));
  return (response){200, TEXT("text/html; charset=utf-8"), {scratch->at, scratch->used}};
}

static response hello(text greeting, scratch* scratch) {
  put_text(scratch, TEXT("{\"message\":\""));
  put_json(scratch, greeting);
  put_text(scratch, TEXT(", world!\"}"));
  return (response){200, TEXT("application/json"), {scratch->at, scratch->used}};
}

response answer(const request* request, scratch* scratch) {
  const text path = path_of(request->target);
  const text greeting = environment(TEXT("GREETING"), TEXT("Hello"));
  if (same(path, TEXT("/"))) return page(greeting, scratch);
  if (same(path, TEXT("/api/hello"))) return hello(greeting, scratch);
  return (response){404, TEXT("text/plain; charset=utf-8"), TEXT("There is nothing here.\n")};
}

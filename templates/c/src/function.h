// The border between the function (function.c, plain C that also runs in its test) and WASI (wasi.c).
#ifndef FUNCTION_H
#define FUNCTION_H

#include <stdbool.h>
#include <stddef.h>

// Bytes, without a zero at the end.
typedef struct {
  const char* at;
  size_t length;
} text;

#define TEXT(literal) ((text){literal, sizeof(literal) - 1})

typedef struct {
  text method;  // "GET"
  text target;  // "/api/hello?name=Ada", as it was sent
} request;

typedef struct {
  unsigned status;
  text content_type;
  text body;
} response;

// Room for what a response is made of; all of it is free again when the request is over.
typedef struct {
  char* at;
  size_t used;
  size_t size;
} scratch;

// What [env] of peko.toml sets, or `otherwise`.
text environment(text name, text otherwise);

// Answers one request. What the response points to is constant, or in the scratch.
response answer(const request* request, scratch* scratch);

#endif

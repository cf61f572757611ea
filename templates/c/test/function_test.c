// Calls the function on this machine: `make test`.
#include "../src/function.h"

#include <stdio.h>
#include <string.h>

text environment(text name, text otherwise) {
  return strncmp(name.at, "GREETING", name.length) == 0 ? TEXT("Hi \"<&") : otherwise;
}

static int failures;

static void expect(const char* target, unsigned status, const char* part) {
  static char room[65536];
  scratch space = {room, 0, sizeof room};
  const request asked = {TEXT("GET"), {target, strlen(target)}};
  const response answered = answer(&asked, &space);
  static char body[sizeof room + 1];
  memcpy(body, answered.body.at, answered.body.length);
  body[answered.body.length] = '\0';
  const bool good = answered.status == status && strstr(body, part) != NULL;
  printf("%s %s: %u\n", good ? "ok     " : "FAILED ", target, answered.status);
  if (!good) printf("  wanted %u with: %s\n  got: %s\n", status, part, body);
  failures += !good;
}

int main(void) {
  expect("/", 200, "<h1>Hi \"&lt;&amp; from {{name}}</h1>");
  expect("/api/hello", 200, "{\"message\":\"Hi \\\"<&, world!\"}");
  expect("/api/hello?any=query", 200, "world");
  expect("/nothing", 404, "nothing here");
  expect("", 404, "nothing here");
  return failures != 0;
}

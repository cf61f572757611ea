// What WASI gives beside http, in versions 0.2.0 to 0.2.12 mixed; the path says what. Answers a line of text.
//   /stdin          reads stdin: `closed`, or `read COUNT`
//   /world          `arguments N, directories N, terminal N`
//   /clock          `monotonic NS, wall S NS, offgrid N`: the resolutions, and how many of 1,000 readings are no
//                   multiple of them
//   /sleep/N/M      waits M times N ns: `early COUNT`, how often its clock showed less than N afterwards
//   /random/N/M     asks M times for N bytes: `bytes COUNT`; /insecure/N/M as well
//   /tcp /udp /dns  `error-code N`, or `made`
//   /config/KEY     `some VALUE` or `none`; /config: all, `KEY=VALUE` a line each
//   /log            logs at each level: `LEVEL words` with the context `ctx`, at the last without one
#include "guest.h"

#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))

IMPORT("wasi:cli/stdin@0.2.12", "get-stdin") int32_t get_stdin(void);
IMPORT("wasi:io/streams@0.2.12", "[method]input-stream.blocking-read")
void stdin_blocking_read(int32_t stream, int64_t length, int32_t out);
IMPORT("wasi:cli/terminal-stdout@0.2.1", "get-terminal-stdout") void get_terminal_stdout(int32_t out);
IMPORT("wasi:clocks/wall-clock@0.2.6", "now") void wall_now(int32_t out);
IMPORT("wasi:clocks/wall-clock@0.2.6", "resolution") void wall_resolution(int32_t out);
IMPORT("wasi:random/random@0.2.3", "get-random-bytes") void random_bytes(int64_t length, int32_t out);
IMPORT("wasi:random/insecure@0.2.4", "get-insecure-random-bytes") void insecure_bytes(int64_t length, int32_t out);
IMPORT("wasi:filesystem/preopens@0.2.10", "get-directories") void get_directories(int32_t out);
IMPORT("wasi:sockets/instance-network@0.2.9", "instance-network") int32_t instance_network(void);
IMPORT("wasi:sockets/tcp-create-socket@0.2.9", "create-tcp-socket") void create_tcp(int32_t family, int32_t out);
IMPORT("wasi:sockets/udp-create-socket@0.2.9", "create-udp-socket") void create_udp(int32_t family, int32_t out);
IMPORT("wasi:sockets/ip-name-lookup@0.2.9", "resolve-addresses")
void resolve(int32_t network, int32_t name, int32_t length, int32_t out);
IMPORT("wasi:config/store@0.2.0-rc.1", "get") void config_get(int32_t key, int32_t length, int32_t out);
IMPORT("wasi:config/store@0.2.0-draft", "get-all") void config_all(int32_t out);
IMPORT("wasi:logging/logging", "log")
void log_unversioned(int32_t level, int32_t context, int32_t n, int32_t message, int32_t m);
IMPORT("wasi:logging/logging@0.1.0-draft", "log")
void log_draft(int32_t level, int32_t context, int32_t n, int32_t message, int32_t m);

static const char* path;
static uint32_t path_length;
static char out[4096];
static uint32_t length;

static int is(const char* prefix) {
  uint32_t n = slen(prefix);
  if (n > path_length) return 0;
  for (uint32_t i = 0; i < n; i++) {
    if (path[i] != prefix[i]) return 0;
  }
  return 1;
}

// The number behind the slash at `index` of the path (the first one is 0), 0 when there is none.
static uint64_t number(uint32_t index) {
  uint64_t value = 0;
  for (uint32_t i = 0; i < path_length; i++) {
    if (path[i] == '/' && index-- == 0) {
      for (i++; i < path_length && path[i] >= '0' && path[i] <= '9'; i++) value = value * 10 + (uint64_t)(path[i] - '0');
      return value;
    }
  }
  return 0;
}

static void text(const char* words) { length += put(out + length, words); }
static void count(uint64_t value) { length += put_num(out + length, value); }
static void bytes(const void* data, uint32_t n) {
  for (uint32_t i = 0; i < n && length < sizeof out; i++) out[length++] = ((const char*)data)[i];
}

static void read_stdin(void) {
  stdin_blocking_read(get_stdin(), 100, RET);
  if (!ret.u8[0]) {
    text("read ");
    count(ret.u32[2]);
  } else {
    text(ret.u8[4] == 1 ? "closed" : "failed");
  }
}

static void world(void) {
  text("arguments ");
  get_arguments(RET);
  count(ret.u32[1]);
  text(", directories ");
  get_directories(RET);
  count(ret.u32[1]);
  text(", terminal ");
  get_terminal_stdout(RET);
  count(ret.u8[0]);
}

static void clocks(void) {
  uint64_t step = (uint64_t)monotonic_clock_resolution();
  text("monotonic ");
  count(step);
  wall_resolution(RET);
  uint64_t seconds = ret.u64[0], nanoseconds = ret.u32[2], wall_step = seconds * 1000000000 + nanoseconds;
  text(", wall ");
  count(seconds);
  text(" ");
  count(nanoseconds);
  uint64_t offgrid = 0;
  for (int i = 0; i < 1000; i++) {
    offgrid += (uint64_t)monotonic_clock_now() % step != 0;
    wall_now(RET);
    offgrid += (ret.u64[0] % 1000 * 1000000000 + ret.u32[2]) % wall_step != 0;
  }
  text(", offgrid ");
  count(offgrid);
}

static void sleeps(uint64_t ns, uint64_t times) {
  uint64_t early = 0;
  for (uint64_t i = 0; i < times; i++) {
    int64_t begin = monotonic_clock_now();
    int32_t pollable = i % 2 ? monotonic_clock_subscribe_duration((int64_t)ns)
                             : monotonic_clock_subscribe_instant(begin + (int64_t)ns);
    pollable_block(pollable);
    pollable_drop(pollable);
    early += (uint64_t)(monotonic_clock_now() - begin) < ns;
  }
  text("early ");
  count(early);
}

static void randoms(uint64_t n, uint64_t times, int insecure) {
  uint64_t got = 0;
  for (uint64_t i = 0; i < times; i++) {
    uint32_t mark = bump;
    insecure ? insecure_bytes((int64_t)n, RET) : random_bytes((int64_t)n, RET);
    got += ret.u32[1];
    bump = mark;
  }
  text("bytes ");
  count(got);
}

static void socket_result(void) {
  if (!ret.u8[0]) return text("made");
  text("error-code ");
  count(ret.u8[4]);
}

static void one_entry(void) {
  config_get((int32_t)(path + 8), (int32_t)(path_length - 8), RET);
  if (ret.u8[0]) return text("failed");
  if (!ret.u8[4]) return text("none");
  text("some ");
  bytes((const void*)ret.u32[2], ret.u32[3]);
}

static void all_entries(void) {
  config_all(RET);
  const uint32_t* entry = (const uint32_t*)ret.u32[1];
  for (uint32_t i = 0; i < ret.u32[2]; i++, entry += 4) {
    bytes((const void*)entry[0], entry[1]);
    text("=");
    bytes((const void*)entry[2], entry[3]);
    text("\n");
  }
}

static void logs(void) {
  static const char* levels[] = {"trace words", "debug words", "info words", "warn words", "error words"};
  for (int32_t i = 0; i < 5; i++) {
    (i % 2 ? log_draft : log_unversioned)(i, (int32_t)"ctx", 3, (int32_t)levels[i], (int32_t)slen(levels[i]));
  }
  log_draft(5, 0, 0, (int32_t)"critical words", 14);
  text("logged");
}

void handle(int32_t req, int32_t outparam) {
  path_length = get_path(req, &path);
  length = 0;
  if (is("/stdin")) read_stdin();
  if (is("/world")) world();
  if (is("/clock")) clocks();
  if (is("/sleep/")) sleeps(number(1), number(2));
  if (is("/random/")) randoms(number(1), number(2), 0);
  if (is("/insecure/")) randoms(number(1), number(2), 1);
  if (is("/tcp")) {
    create_tcp(0, RET);
    socket_result();
  }
  if (is("/udp")) {
    create_udp(0, RET);
    socket_result();
  }
  if (is("/dns")) {
    resolve(instance_network(), (int32_t)"localhost", 9, RET);
    socket_result();
  }
  if (is("/config/")) {
    one_entry();
  } else if (is("/config")) {
    all_entries();
  }
  if (is("/log")) logs();
  respond_text(outparam, 200, out, length);
  incoming_request_drop(req);
}

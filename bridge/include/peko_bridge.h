/// The C ABI of the bridge: one Rust static library around wasmtime 48 (docs/decisions/0001-bridge.md).
///
/// Rules that hold for every function:
///  - Nothing unwinds: a Rust panic becomes PEKO_PANIC, null or an error code; the process goes on.
///  - `peko_str` and `peko_field` arguments are borrowed for the call only.
///  - A handle belongs to one thread at a time; engine and component are shared by all threads.
///  - Hooks are `noexcept`, may run on a fiber's small stack in the middle of a poll, and only enqueue:
///    they never call back into an invocation.
///  - A thread that polls, finishes, cancels or deletes calls peko_thread_attach once before.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PEKO_BRIDGE_ABI 6u
/// Length of a body that is not known before it ends.
#define PEKO_LENGTH_UNKNOWN UINT64_MAX
/// Tokens with this bit are those of outbound requests: the bit and the request's id. Invocations' tokens are without
/// it.
#define PEKO_OUTBOUND_TOKEN (UINT64_C(1) << 63)
/// peko_outbound_push_end: nothing is missing.
#define PEKO_COMPLETE UINT32_MAX

typedef struct peko_engine peko_engine;          ///< One per process; owns code memory, slots, guest timers.
typedef struct peko_loop peko_loop;              ///< One per loop thread: the hooks of that loop.
typedef struct peko_component peko_component;    ///< A loaded component, pre-linked; immutable.
typedef struct peko_instance peko_instance;      ///< An idle warm instance.
typedef struct peko_invocation peko_invocation;  ///< One request in flight.

/// Bytes owned by somebody else. `data` may be null when `size` is 0.
typedef struct {
  const char* data;
  size_t size;
} peko_str;

/// One header or environment entry.
typedef struct {
  peko_str name;
  peko_str value;
} peko_field;

/// Bytes owned by the bridge: give them back with peko_buf_free. An empty one has null `data`.
typedef struct {
  uint8_t* data;
  size_t size;
} peko_buf;

typedef struct {
  uint32_t size;           ///< sizeof(peko_engine_config), checked
  uint32_t max_instances;  ///< instances alive at once (warm, running and being dropped); 0: this engine only compiles
  uint32_t threads;        ///< threads that poll (loops and overflow)
  uint32_t compiler;       ///< 1: peko_component_compile works
  uint64_t memory_bytes_max;     ///< what one linear memory may grow to, whatever the limits say
  uint32_t stack_bytes;          ///< wasm stack of a guest; crossing it is PEKO_OUTCOME_STACK
  uint32_t memory_keep_bytes;    ///< of each memory slot, kept resident after use (0 suits many slots, 65536 few)
  uint64_t clock_resolution_ns;  ///< what guests see of time are multiples of it; 1 to 1,000,000,000
} peko_engine_config;

/// Called by the bridge; `context` is the first argument of each.
typedef struct {
  void* context;
  /// The invocation `token` wants to be polled. Any thread, also after the invocation is gone.
  void (*wake)(void* context, uint64_t token);
  /// The guest of `token` waits for request body bytes, or has room for more; with PEKO_OUTBOUND_TOKEN, for those of
  /// the response to that outbound request. The polling thread.
  void (*want_body)(void* context, uint64_t token);
  /// The guest of `token` sends a request of its own: answer it by peko_outbound_respond with `id`. The polling thread.
  void (*outbound)(void* context, uint64_t token, uint64_t id, const struct peko_outbound_head* head);
  /// The guest no longer waits for `id`. Any thread.
  void (*outbound_cancel)(void* context, uint64_t id);
  /// Bytes that the guest wrote to stdout (stream 1) or stderr (2): pieces, not lines; or a whole message of
  /// wasi:logging (PEKO_LOG_TRACE to PEKO_LOG_CRITICAL). The polling thread.
  void (*log)(void* context, uint64_t token, int stream, peko_str bytes);
  /// The guest of `token` does something with a key-value store: answer it by peko_key_value_respond or
  /// peko_key_value_fail with `id`. Null: every operation fails. The polling thread.
  void (*key_value)(void* context, uint64_t token, uint64_t id, const struct peko_key_value_request* request);
  /// The guest no longer waits for `id`. Null with key_value. Any thread.
  void (*key_value_cancel)(void* context, uint64_t id);
} peko_loop_hooks;

/// Streams of peko_loop_hooks::log beside stdout and stderr: the levels of wasi:logging.
enum {
  PEKO_LOG_TRACE = 3,
  PEKO_LOG_DEBUG,
  PEKO_LOG_INFO,
  PEKO_LOG_WARN,
  PEKO_LOG_ERROR,
  PEKO_LOG_CRITICAL,
};

/// What one invocation may use.
typedef struct {
  uint64_t cpu_ns;        ///< CPU time of guest and host work for it, instantiation included; 0: no limit
  uint64_t memory_bytes;  ///< all linear memories and tables of the instance together
  uint32_t handles;       ///< host resources alive at once
  uint32_t handles_kept;  ///< an instance that comes back with more host resources than this is discarded
  uint64_t retire_bytes;  ///< an instance that comes back with more memory than this is discarded; 0: never
  uint32_t field_bytes;   ///< of one set of header fields that the guest builds: its bytes and 32 for each field
  uint32_t outbound;      ///< outbound requests; one more is answered by an error in the guest
  uint64_t random_bytes;  ///< of wasi:random together; more is PEKO_OUTCOME_RESOURCES
  uint32_t key_value;     ///< operations on key-value stores; one more is answered by an error in the guest
} peko_limits;

typedef struct {
  peko_str method;
  peko_str target;     ///< path and query, begins with '/', or "*"
  peko_str authority;  ///< host[:port], not empty
  const peko_field* fields;
  size_t field_count;
  uint64_t body_length;  ///< bytes, or PEKO_LENGTH_UNKNOWN; 0: no body
  uint32_t https;        ///< 1: the client's scheme is https
} peko_request_head;

typedef struct peko_outbound_head {
  peko_str method;
  peko_str uri;  ///< absolute
  const peko_field* fields;
  size_t field_count;
  uint64_t connect_ns;  ///< timeouts as the guest set them; 0: not set
  uint64_t first_byte_ns;
  uint64_t between_bytes_ns;
} peko_outbound_head;

/// What a key-value operation does; which of a request's and an answer's members it uses.
enum {
  PEKO_KEY_VALUE_GET,          ///< items' keys -> items, as many, in their order
  PEKO_KEY_VALUE_EXISTS,       ///< one item's key -> one item without its value
  PEKO_KEY_VALUE_SET,          ///< items
  PEKO_KEY_VALUE_DELETE,       ///< items' keys
  PEKO_KEY_VALUE_LIST,         ///< prefix, limit, cursor -> items without values, by key; cursor
  PEKO_KEY_VALUE_LIST_BY_ROW,  ///< limit, number -> items without values; number
  PEKO_KEY_VALUE_INCREMENT,    ///< one item's key, number -> number
  PEKO_KEY_VALUE_SWAP,         ///< one item with the version that it must have -> number 1; else 0 and one item
};

/// An entry of a key-value store.
typedef struct {
  peko_str key;
  peko_str value;
  peko_str metadata;
  int64_t expires;  ///< seconds since 1970, from which on it is gone; 0: never
  int64_t version;  ///< 0: there is no such entry
  uint32_t has_metadata;
} peko_key_value_item;

typedef struct peko_key_value_request {
  peko_str store;  ///< "default", or one of peko_component_name_stores
  peko_str prefix;
  peko_str cursor;
  const peko_key_value_item* items;
  size_t item_count;
  int64_t number;
  uint32_t op;  ///< PEKO_KEY_VALUE_*
  uint32_t limit;
} peko_key_value_request;

typedef struct {
  const peko_key_value_item* items;
  size_t item_count;
  peko_str cursor;
  int64_t number;
  uint32_t has_cursor;
} peko_key_value_answer;

/// peko_key_value_fail: the cases of wasi:keyvalue's error.
enum {
  PEKO_KEY_VALUE_NO_SUCH_STORE,
  PEKO_KEY_VALUE_ACCESS_DENIED,
  PEKO_KEY_VALUE_OTHER,
};

/// Status and fields of a response, or its trailers (status 0). Views into the invocation, valid until the next call on
/// it.
typedef struct {
  uint32_t status;
  uint32_t field_count;
  const peko_field* fields;
} peko_response_head;

/// A piece of a body, owned by the holder: copyable bitwise (moved), released exactly once.
typedef struct {
  const char* data;
  size_t size;
  uintptr_t opaque[4];
} peko_chunk;

/// A piece of a body of whoever calls: readable and unchanged until release(owner), which is called once, on any
/// thread, maybe before the function that it is given to returns.
typedef struct {
  const char* data;
  size_t size;
  void (*release)(void* owner);
  void* owner;
} peko_lent;

typedef struct {
  uint32_t outcome;  ///< PEKO_OUTCOME_*
  uint32_t uses;     ///< calls this instance has served, this one included
  uint64_t cpu_ns;
  uint64_t memory_bytes;  ///< at the end
  uint64_t memory_peak_bytes;
  uint64_t polls;
  uint64_t yields;          ///< how often its slice has ended
  uint32_t outbound;        ///< outbound requests made
  uint32_t instantiated;    ///< 1: the instance was made by this invocation
  uint32_t reusable;        ///< 1: the instance may serve another call
  uint32_t key_value;       ///< operations on key-value stores made
  uint64_t instantiate_ns;  ///< time of instantiation, 0 when warm
  char message[4096];       ///< zero-terminated, empty on success: the cause, then the wasm backtrace, a line a frame
  uint32_t frame_count;     ///< of the backtrace
  uint32_t frames[20];      ///< where each is in the bytes of the component, for peko_symbolise; 0: not known
} peko_stats;

/// peko_invocation_poll: a set of these.
enum {
  PEKO_HEAD = 1,    ///< the response head is there
  PEKO_DONE = 2,    ///< the call has returned without a trap and set a response
  PEKO_FAILED = 4,  ///< the call has ended otherwise; peko_invocation_finish says how
};

/// peko_invocation_next, peko_outbound_next
enum {
  PEKO_NEXT_DATA = 1,  ///< *chunk is yours
  PEKO_NEXT_END,       ///< the guest has ended the body, whatever became of its call
  PEKO_NEXT_ABORTED,   ///< the guest dropped the body unfinished, or it differs from its content-length
  PEKO_NEXT_PENDING,   ///< come back after the next poll (peko_outbound_next: when `token` is woken)
  PEKO_NEXT_TRAILERS,  ///< peko_invocation_trailers, peko_outbound_trailers has them; PEKO_NEXT_END follows
};

/// How an invocation ended.
enum {
  PEKO_OUTCOME_OK,
  PEKO_OUTCOME_CPU,          ///< over cpu_ns
  PEKO_OUTCOME_MEMORY,       ///< trapped after growth was refused
  PEKO_OUTCOME_STACK,        ///< stack exhausted
  PEKO_OUTCOME_TRAP,         ///< any other trap
  PEKO_OUTCOME_EXIT,         ///< called exit()
  PEKO_OUTCOME_NO_RESPONSE,  ///< returned without a response, or its response was an error code
  PEKO_OUTCOME_CAPACITY,     ///< no free slot for an instance, or all together hold too much memory
  PEKO_OUTCOME_RESOURCES,    ///< host resources or hostcall memory exhausted
  PEKO_OUTCOME_BAD_REQUEST,  ///< the head is not a request that wasi:http can express
  PEKO_OUTCOME_CANCELLED,    ///< finished before it had ended
  PEKO_OUTCOME_PANIC,        ///< a panic in the bridge: our bug
  PEKO_OUTCOME_OTHER,
  PEKO_OUTCOME_EXCEPTION,  ///< its script threw: the message is `kind: message`, then its frames, a line each
};

/// peko_component_compile, peko_component_load
enum {
  PEKO_LOAD_OK = 0,
  PEKO_LOAD_INVALID,       ///< not a valid component (compile), or not an artifact at all (load)
  PEKO_LOAD_INCOMPATIBLE,  ///< an artifact of another engine: compile again
  PEKO_LOAD_IMPORTS,       ///< imports something that is not provided: the message has one import a line
  PEKO_LOAD_WORLD,         ///< exports no wasi:http/incoming-handler@0.2
  PEKO_LOAD_INTERNAL,
};

/// PEKO_BRIDGE_ABI of the library.
uint32_t peko_bridge_abi(void);
void peko_buf_free(peko_buf buf);

/// A new engine, or null with a message in *error.
peko_engine* peko_engine_new(const peko_engine_config* config, peko_buf* error);
/// All other handles of the engine must be gone.
void peko_engine_delete(peko_engine* engine);
/// Advances the epoch: guests that run look at their next loop edge or call whether their slice is over. Any thread,
/// and signal handlers.
void peko_engine_tick(const peko_engine* engine);
/// What artifacts of this engine are compatible with, a file-name-safe text: wasmtime version, ABI, hash of the
/// settings.
peko_buf peko_engine_id(const peko_engine* engine);
/// Memories and tables of all instances and 24 KiB for each, those that nobody has deleted yet included. Any thread.
uint64_t peko_engine_memory_bytes(const peko_engine* engine);
/// What they may become: growth beyond it is refused, and a guest that fails then ends with PEKO_OUTCOME_CAPACITY. Any
/// thread; no bound at first.
void peko_engine_limit_memory(const peko_engine* engine, uint64_t bytes_max);
/// Prepares the calling thread for polling and deleting; once per thread, for its whole life.
void peko_thread_attach(const peko_engine* engine);

/// What peko_component_inspect says of an item.
enum {
  PEKO_IMPORT_PROVIDED,
  PEKO_IMPORT_OTHER_VERSION,  ///< `nearest` is what is provided in its place
  PEKO_IMPORT_UNKNOWN,
  PEKO_EXPORT,
};
/// Reads what a component imports and exports, in its order; compiles and checks nothing else. 0, or 1 with a message
/// in *error when the bytes are no component or are cut off.
int peko_component_inspect(const uint8_t* wasm, size_t size, void* context,
                           void (*on_item)(void* context, uint32_t kind, peko_str name, peko_str nearest),
                           peko_buf* error);
/// Finds the places in the source of `offsets` (peko_stats::frames) by the debug information in a component.
/// `on_symbol` is called for each frame in order, innermost inlined function first, with its index in `offsets`; line
/// 0: not known.
/// **Costs as much memory and time as the debug information wants**: call it in a process with limits.
void peko_symbolise(const uint8_t* wasm, size_t size, const uint32_t* offsets, size_t count, void* context,
                    void (*on_symbol)(void* context, size_t frame, peko_str function, peko_str file, uint32_t line,
                                      uint32_t column));
/// Compiles a component to machine code for peko_component_load. Seconds of CPU for big ones. PEKO_LOAD_*.
int peko_component_compile(const peko_engine* engine, const uint8_t* wasm, size_t size, peko_buf* artifact,
                           peko_buf* error);
/// As peko_component_compile, but the machine code of functions that `known` has is not made again: for a component
/// that differs little from one of before. *next is for the next call: what this one had and needed, or made.
/// **Machine code is taken from `known` unchecked**: it is what an earlier call of this library wrote. Anything shorter
/// than that, or nothing, is as good as empty.
int peko_component_recompile(const peko_engine* engine, const uint8_t* wasm, size_t size, peko_str known,
                             peko_buf* artifact, peko_buf* next, peko_buf* error);
/// Maps an artifact file and links it. **The file is executed: the caller has verified it.** PEKO_LOAD_*; *component
/// set on OK. `environment` is what wasi:cli/environment gives its instances.
int peko_component_load(const peko_engine* engine, const char* path, const peko_field* environment, size_t count,
                        peko_component** component, peko_buf* error);
/// A component that is the loaded JavaScript engine with a script: its fresh instances evaluate `text`, whose frames
/// are called `name`, before their first call and under its limits. It shares the engine's code and keeps what it needs
/// of it. PEKO_LOAD_*: WORLD when `engine` exports no peko:js/loader, INVALID when an argument is not UTF-8 or `name`
/// is empty or has control characters.
int peko_component_load_script(const peko_component* engine, peko_str name, peko_str text,
                               const peko_field* environment, size_t count, peko_component** component,
                               peko_buf* error);
/// Names the key-value stores that its instances may open beside "default"; UTF-8. At most once, before its first call.
void peko_component_name_stores(const peko_component* component, const peko_str* names, size_t count);
/// Instances and invocations of it keep what they need.
void peko_component_delete(peko_component* component);

peko_loop* peko_loop_new(const peko_engine* engine, const peko_loop_hooks* hooks);
/// All its invocations and instances must be gone.
void peko_loop_delete(peko_loop* loop);

/// Frees an idle instance: 11 to 80 us, and more with much memory. Any attached thread.
void peko_instance_delete(peko_instance* instance);

/// Starts a call; nothing runs before the first poll. `warm` (consumed) or null for a fresh instance of `component`.
/// Never null but for a panic; a head that wasi:http refuses shows as PEKO_FAILED at the first poll. `head` null: only
/// makes a fresh instance, start functions included, which peko_invocation_finish gives back unused; it has no
/// response.
peko_invocation* peko_invocation_start(peko_loop* loop, const peko_component* component, peko_instance* warm,
                                       const peko_request_head* head, const peko_limits* limits, uint64_t token);
/// Runs the guest until it waits, its slice ends (it wakes itself then) or the call is over. The slice ends at the
/// first tick that the guest sees after `slice_ns`. A set of PEKO_HEAD, PEKO_DONE, PEKO_FAILED; 0 while the guest waits
/// and has no head yet. One thread at a time, any attached thread.
uint32_t peko_invocation_poll(peko_invocation* invocation, uint64_t slice_ns);
/// CPU time so far, ns.
uint64_t peko_invocation_cpu_ns(const peko_invocation* invocation);
/// How long the instantiation took, ns, once it is done; 0 before that and for a warm instance.
uint64_t peko_invocation_instantiate_ns(const peko_invocation* invocation);
/// The response head once poll has said PEKO_HEAD.
void peko_invocation_head(peko_invocation* invocation, peko_response_head* head);
/// The next piece of the response body: PEKO_NEXT_*.
int peko_invocation_next(peko_invocation* invocation, peko_chunk* chunk);
/// The trailers after PEKO_NEXT_TRAILERS.
void peko_invocation_trailers(peko_invocation* invocation, peko_response_head* trailers);
void peko_chunk_release(peko_chunk* chunk);
/// Gives the guest a piece of the request body (copied). Returns the bytes that now wait for the guest.
size_t peko_invocation_push(peko_invocation* invocation, const char* data, size_t size);
/// The same without a copy.
size_t peko_invocation_push_lent(peko_invocation* invocation, const peko_lent* piece);
/// Ends the request body; `complete` 0: the guest's read fails. Trailers only with a complete one.
void peko_invocation_push_end(peko_invocation* invocation, int complete, const peko_field* trailers, size_t count);
/// Frees the invocation, fills *stats and returns the instance that it ran on, null when that never was. Unless
/// stats->reusable is 1, the only thing to do with it is peko_instance_delete, where that may take its time.
peko_instance* peko_invocation_finish(peko_invocation* invocation, peko_stats* stats);
/// Frees an invocation in whatever state, its instance too: 20 to 80 us. Any attached thread.
void peko_invocation_cancel(peko_invocation* invocation);

/// The next piece of the body of outbound request `id`; `token` is woken when there is more after PEKO_NEXT_PENDING.
/// PEKO_NEXT_*.
int peko_outbound_next(peko_loop* loop, uint64_t id, uint64_t token, peko_chunk* chunk);
/// The trailers of the request after PEKO_NEXT_TRAILERS. Views valid until `id` is answered, ended or cancelled.
void peko_outbound_trailers(peko_loop* loop, uint64_t id, peko_response_head* trailers);
/// Answers `id`: a status and fields, its body follows by peko_outbound_push; or status 0 with `error`, the index of a
/// case in wasi:http/types error-code. 0, or 1 when the guest no longer waits.
int peko_outbound_respond(peko_loop* loop, uint64_t id, uint32_t status, uint32_t error, const peko_field* fields,
                          size_t count);
/// A piece of the response body for the guest (copied). Returns the bytes that wait for the guest, SIZE_MAX when it is
/// gone.
size_t peko_outbound_push(peko_loop* loop, uint64_t id, const char* data, size_t size);
/// The same without a copy.
size_t peko_outbound_push_lent(peko_loop* loop, uint64_t id, const peko_lent* piece);
/// Ends the response body: PEKO_COMPLETE with its trailers, or the index of the case of error-code that the guest's
/// read fails with. Frees `id`.
void peko_outbound_push_end(peko_loop* loop, uint64_t id, uint32_t end, const peko_field* trailers, size_t count);

/// Answers key-value operation `id`; what it points to is copied. Nothing when the guest no longer waits.
void peko_key_value_respond(peko_loop* loop, uint64_t id, const peko_key_value_answer* answer);
/// Fails it: PEKO_KEY_VALUE_NO_SUCH_STORE, ... `message` is for OTHER.
void peko_key_value_fail(peko_loop* loop, uint64_t id, uint32_t failure, peko_str message);

#ifdef __cplusplus
}
#endif

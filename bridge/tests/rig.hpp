/// What the bridge's tests stand on: an engine, a loop whose hooks remember, and a loop that turns one invocation.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "peko_bridge.h"

namespace peko::bridge_test {

/// What guests may use of a poll before they yield, ns.
constexpr std::uint64_t kSliceNs = 1'000'000;

using Fields = std::vector<std::pair<std::string, std::string>>;

/// Fields as the header takes them; views into `fields`.
std::vector<peko_field> views(const Fields& fields);
Fields copy(const peko_field* fields, std::size_t count);
peko_str str(std::string_view text);
std::string take(peko_buf buf);

struct Deleter {
  void operator()(peko_engine* p) const { peko_engine_delete(p); }
  void operator()(peko_loop* p) const { peko_loop_delete(p); }
  void operator()(const peko_component* p) const { peko_component_delete(const_cast<peko_component*>(p)); }
  void operator()(peko_instance* p) const { peko_instance_delete(p); }
  void operator()(peko_invocation* p) const { peko_invocation_cancel(p); }
};
using EnginePtr = std::unique_ptr<peko_engine, Deleter>;
using LoopPtr = std::unique_ptr<peko_loop, Deleter>;
using ComponentPtr = std::unique_ptr<peko_component, Deleter>;
using InstancePtr = std::unique_ptr<peko_instance, Deleter>;
using InvocationPtr = std::unique_ptr<peko_invocation, Deleter>;

peko_engine_config compile_config();
peko_engine_config serve_config();
EnginePtr make_engine(const peko_engine_config& config);
std::string engine_id(const peko_engine* engine);

/// The bytes of a guest, from PEKO_GUESTS or the directory that was built.
std::string guest(std::string_view name);

/// The file with the JavaScript engine's machine code: compiled once for all test programs, in 10 s of CPU.
std::filesystem::path script_engine();

/// The source of a guest of tests/guests.
std::string source_of(std::string_view name);

/// The bytes of a file of the repository.
std::string source(std::string_view path);

/// A file that goes with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view bytes);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const char* path() const { return path_.c_str(); }

 private:
  std::string path_;
};

struct OutboundSeen {
  std::uint64_t token;
  std::uint64_t id;
  std::string method;
  std::string uri;
  Fields fields;
  std::uint64_t connect_ns;
  std::uint64_t first_byte_ns;
  std::uint64_t between_bytes_ns;
};

/// What the hooks have been told. Any thread.
class Seen {
 public:
  peko_loop_hooks hooks();
  /// Waits until `token` has been woken since the last call. False after ten seconds.
  bool wait(std::uint64_t token);
  /// `token` has been woken since it was last asked for.
  bool woken(std::uint64_t token);
  /// Waits until the guest has cancelled `id`. False after ten seconds.
  bool wait_cancelled(std::uint64_t id);
  [[nodiscard]] bool cancelled(std::uint64_t id);
  std::size_t wants();
  std::vector<OutboundSeen> take_outbound();
  std::string log(std::uint64_t token, int stream);
  std::set<std::thread::id> waking_threads();
  std::chrono::milliseconds log_takes{0};  ///< set before anything is printed: how long the thread is held

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::uint64_t> woken_;
  std::set<std::uint64_t> cancelled_;
  std::set<std::thread::id> wakers_;
  std::size_t wants_ = 0;
  std::vector<OutboundSeen> outbound_;
  std::map<std::pair<std::uint64_t, int>, std::string> logs_;
};

struct Request {
  std::string method = "GET";
  std::string target = "/";
  std::string authority = "test.example";
  Fields fields;
  std::uint64_t body_length = 0;
  bool https = false;
};

/// How an invocation went.
struct Answer {
  std::uint32_t status = 0;
  Fields fields;
  std::string body;
  int end = 0;  ///< the last PEKO_NEXT_*
  Fields trailers;
  std::uint32_t flags = 0;
  peko_stats stats{};
  InstancePtr instance;

  [[nodiscard]] std::string_view message() const { return stats.message; }
};

/// An engine with slots, a loop, a ticker, and the guests that tests ask for.
class Rig {
 public:
  explicit Rig(peko_engine_config config = serve_config());
  ~Rig();
  Rig(const Rig&) = delete;
  Rig& operator=(const Rig&) = delete;

  peko_component* load(std::string_view guest_name, const Fields& environment = {});
  /// The JavaScript engine with `text` in it, whose frames are called worker.js.
  peko_component* load_script(std::string_view text, const Fields& environment = {});
  void unload(peko_component* component);
  InvocationPtr start(peko_component* component, const Request& request, InstancePtr warm = nullptr);
  /// Polls, takes what is there and waits for wake-ups until the call is over and its body taken. `answer` is what the
  /// call has brought so far.
  Answer finish(InvocationPtr invocation, Answer answer = {});
  Answer call(peko_component* component, const Request& request = {}, InstancePtr warm = nullptr);
  /// Polls and takes all pieces that are there until nothing wakes it any more. True when the call is over.
  bool turn(peko_invocation* invocation, Answer& answer);
  Answer close(InvocationPtr invocation, Answer answer);
  std::uint64_t token(const peko_invocation* invocation) { return tokens_.at(invocation); }

  Seen seen;
  peko_limits limits;
  std::uint64_t slice_ns = kSliceNs;
  peko_engine* engine() { return engine_.get(); }
  peko_loop* loop() { return loop_.get(); }

 private:
  bool slice(peko_invocation* invocation, Answer& answer);

  EnginePtr engine_;
  LoopPtr loop_;
  std::vector<ComponentPtr> components_;
  ComponentPtr script_engine_;
  std::map<const peko_invocation*, std::uint64_t> tokens_;
  std::uint64_t last_token_ = 0;
  std::jthread ticker_;
};

/// Turns `call` until it has sent an outbound request.
std::optional<OutboundSeen> until_outbound(Rig& rig, peko_invocation* call, Answer& answer);
int respond(Rig& rig, std::uint64_t id, std::uint32_t status, std::uint32_t error = 0, const Fields& fields = {});

}  // namespace peko::bridge_test

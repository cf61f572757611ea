#include "rig.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace peko::bridge_test {

using namespace std::chrono_literals;

namespace {

constexpr auto kPatience = 10s;

std::string text(peko_str bytes) { return bytes.size == 0 ? std::string() : std::string(bytes.data, bytes.size); }

peko_engine* compiling_engine() {
  static const EnginePtr engine = make_engine(compile_config());
  return engine.get();
}

std::string compile(std::string_view wasm) {
  peko_buf compiled{};
  peko_buf error{};
  // Safety: uint8_t may alias the bytes of a string.
  const int result = peko_component_compile(compiling_engine(), reinterpret_cast<const std::uint8_t*>(wasm.data()),
                                            wasm.size(), &compiled, &error);
  EXPECT_EQ(result, PEKO_LOAD_OK) << take(error);
  return take(compiled);
}

// The compiled form of each guest, once a process.
const std::string& artifact(std::string_view name) {
  static std::map<std::string, std::string, std::less<>> artifacts;
  if (const auto it = artifacts.find(name); it != artifacts.end()) return it->second;
  return artifacts.emplace(name, compile(guest(name))).first->second;
}

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::vector<peko_field> views(const Fields& fields) {
  std::vector<peko_field> all;
  for (const auto& [name, value] : fields) all.push_back({str(name), str(value)});
  return all;
}

Fields copy(const peko_field* fields, std::size_t count) {
  Fields all;
  for (const auto& field : std::span(fields, count)) all.emplace_back(text(field.name), text(field.value));
  return all;
}

peko_str str(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

std::string take(peko_buf buf) {
  std::string bytes;
  // Safety: char may alias any bytes.
  if (buf.data != nullptr) bytes.assign(reinterpret_cast<const char*>(buf.data), buf.size);
  peko_buf_free(buf);
  return bytes;
}

peko_engine_config compile_config() {
  return {.size = sizeof(peko_engine_config),
          .max_instances = 0,
          .threads = 0,
          .compiler = 1,
          .memory_bytes_max = 1ULL << 30,
          .stack_bytes = 512 << 10,
          .memory_keep_bytes = 0,
          .clock_resolution_ns = 100'000};
}

peko_engine_config serve_config() {
  peko_engine_config config = compile_config();
  config.max_instances = 8;
  config.threads = 1;
  config.compiler = 0;
  return config;
}

EnginePtr make_engine(const peko_engine_config& config) {
  peko_buf error{};
  EnginePtr engine(peko_engine_new(&config, &error));
  EXPECT_NE(engine, nullptr) << take(error);
  return engine;
}

std::string engine_id(const peko_engine* engine) { return take(peko_engine_id(engine)); }

std::string guest(std::string_view name) {
  std::vector<std::filesystem::path> places{PEKO_BRIDGE_GUESTS, PEKO_GUESTS_DEFAULT};
  if (const char* set = std::getenv("PEKO_GUESTS")) places.insert(places.begin(), set);
  for (const auto& place : places) {
    std::ifstream file(place / (std::string(name) + ".wasm"), std::ios::binary);
    if (file) return {std::istreambuf_iterator<char>(file), {}};
  }
  ADD_FAILURE() << "no guest " << name << ": tests/guests/build.sh makes them";
  return {};
}

std::filesystem::path script_engine() {
  const std::filesystem::path wasm = PEKO_JS "/engine.wasm";
  const std::filesystem::path compiled = PEKO_JS "/" + engine_id(compiling_engine()) + ".cwasm";
  const auto up_to_date = [&] {
    std::error_code missing;
    return std::filesystem::last_write_time(compiled, missing) > std::filesystem::last_write_time(wasm) && !missing;
  };
  if (up_to_date()) return compiled;
  const int lock = ::open(PEKO_JS "/.compile-lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  EXPECT_EQ(::flock(lock, LOCK_EX), 0);
  if (!up_to_date()) {
    const std::filesystem::path half = compiled.string() + ".new";
    std::ofstream(half, std::ios::binary) << compile(content(wasm));
    std::filesystem::rename(half, compiled);
  }
  ::close(lock);
  return compiled;
}

std::string source_of(std::string_view name) {
  std::ifstream file(std::string(PEKO_GUEST_SOURCES "/") + std::string(name) + ".c");
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string source(std::string_view path) { return content(PEKO_SOURCES "/" + std::string(path)); }

TemporaryFile::TemporaryFile(std::string_view bytes)
    : path_((std::filesystem::temp_directory_path() / "peko-bridge-XXXXXX").string()) {
  const int file = ::mkstemp(path_.data());
  EXPECT_GE(file, 0);
  EXPECT_EQ(::write(file, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  ::close(file);
}

TemporaryFile::~TemporaryFile() { std::filesystem::remove(path_); }

peko_loop_hooks Seen::hooks() {
  const auto of = [](void* context) -> Seen& { return *static_cast<Seen*>(context); };
  static constexpr auto self = of;
  return {
      .context = this,
      .wake =
          [](void* context, std::uint64_t token) {
            Seen& seen = self(context);
            const std::lock_guard lock(seen.mutex_);
            seen.woken_.insert(token);
            seen.wakers_.insert(std::this_thread::get_id());
            seen.changed_.notify_all();
          },
      .want_body =
          [](void* context, std::uint64_t) {
            Seen& seen = self(context);
            const std::lock_guard lock(seen.mutex_);
            ++seen.wants_;
          },
      .outbound =
          [](void* context, std::uint64_t token, std::uint64_t id, const peko_outbound_head* head) {
            Seen& seen = self(context);
            const std::lock_guard lock(seen.mutex_);
            seen.outbound_.push_back({token, id, text(head->method), text(head->uri),
                                      copy(head->fields, head->field_count), head->connect_ns, head->first_byte_ns,
                                      head->between_bytes_ns});
          },
      .outbound_cancel =
          [](void* context, std::uint64_t id) {
            Seen& seen = self(context);
            const std::lock_guard lock(seen.mutex_);
            seen.cancelled_.insert(id);
            seen.changed_.notify_all();
          },
      .log =
          [](void* context, std::uint64_t token, int stream, peko_str bytes) {
            Seen& seen = self(context);
            std::this_thread::sleep_for(seen.log_takes);
            const std::lock_guard lock(seen.mutex_);
            seen.logs_[{token, stream}] += text(bytes);
          },
  };
}

bool Seen::wait(std::uint64_t token) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return woken_.erase(token) != 0; });
}

bool Seen::woken(std::uint64_t token) {
  const std::lock_guard lock(mutex_);
  return woken_.erase(token) != 0;
}

bool Seen::wait_cancelled(std::uint64_t id) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, [&] { return cancelled_.contains(id); });
}

bool Seen::cancelled(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  return cancelled_.contains(id);
}

std::size_t Seen::wants() {
  const std::lock_guard lock(mutex_);
  return wants_;
}

std::vector<OutboundSeen> Seen::take_outbound() {
  const std::lock_guard lock(mutex_);
  return std::exchange(outbound_, {});
}

std::string Seen::log(std::uint64_t token, int stream) {
  const std::lock_guard lock(mutex_);
  return logs_[{token, stream}];
}

std::set<std::thread::id> Seen::waking_threads() {
  const std::lock_guard lock(mutex_);
  return wakers_;
}

Rig::Rig(peko_engine_config config)
    : limits{.cpu_ns = 5'000'000'000,
             .memory_bytes = 128ULL << 20,
             .handles = 4096,
             .handles_kept = 256,
             .retire_bytes = 0,
             .field_bytes = 64 << 10,
             .outbound = 50,
             .random_bytes = 64 << 20},
      engine_(make_engine(config)) {
  peko_thread_attach(engine_.get());
  const peko_loop_hooks hooks = seen.hooks();
  loop_.reset(peko_loop_new(engine_.get(), &hooks));
  ticker_ = std::jthread([engine = engine_.get()](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(1ms);
      peko_engine_tick(engine);
    }
  });
}

Rig::~Rig() {
  ticker_ = {};
  components_.clear();
}

peko_component* Rig::load(std::string_view guest_name, const Fields& environment) {
  const TemporaryFile file(artifact(guest_name));
  peko_component* component = nullptr;
  peko_buf error{};
  const auto fields = views(environment);
  const int result = peko_component_load(engine(), file.path(), fields.data(), fields.size(), &component, &error);
  EXPECT_EQ(result, PEKO_LOAD_OK) << guest_name << ": " << take(error);
  components_.emplace_back(component);
  return component;
}

peko_component* Rig::load_script(std::string_view source, const Fields& environment) {
  peko_component* component = nullptr;
  peko_buf error{};
  if (!script_engine_) {
    const int result = peko_component_load(engine(), script_engine().c_str(), nullptr, 0, &component, &error);
    EXPECT_EQ(result, PEKO_LOAD_OK) << take(error);
    script_engine_.reset(component);
  }
  const auto fields = views(environment);
  const int result = peko_component_load_script(script_engine_.get(), str("worker.js"), str(source), fields.data(),
                                                fields.size(), &component, &error);
  EXPECT_EQ(result, PEKO_LOAD_OK) << take(error);
  components_.emplace_back(component);
  return component;
}

void Rig::unload(peko_component* component) {
  std::erase_if(components_, [&](const ComponentPtr& loaded) { return loaded.get() == component; });
}

InvocationPtr Rig::start(peko_component* component, const Request& request, InstancePtr warm) {
  const auto fields = views(request.fields);
  const peko_request_head head{.method = str(request.method),
                               .target = str(request.target),
                               .authority = str(request.authority),
                               .fields = fields.data(),
                               .field_count = fields.size(),
                               .body_length = request.body_length,
                               .https = request.https ? 1U : 0U};
  const std::uint64_t token = ++last_token_;
  InvocationPtr invocation(peko_invocation_start(loop(), component, warm.release(), &head, &limits, token));
  EXPECT_NE(invocation, nullptr);
  tokens_[invocation.get()] = token;
  return invocation;
}

bool Rig::turn(peko_invocation* invocation, Answer& answer) {
  do {
    if (slice(invocation, answer)) return true;
  } while (seen.woken(token(invocation)));
  return false;
}

bool Rig::slice(peko_invocation* invocation, Answer& answer) {
  answer.flags = peko_invocation_poll(invocation, slice_ns);
  if ((answer.flags & PEKO_HEAD) != 0 && answer.status == 0) {
    peko_response_head head{};
    peko_invocation_head(invocation, &head);
    answer.status = head.status;
    answer.fields = copy(head.fields, head.field_count);
  }
  while (answer.status != 0 && answer.end != PEKO_NEXT_END && answer.end != PEKO_NEXT_ABORTED) {
    peko_chunk chunk{};
    answer.end = peko_invocation_next(invocation, &chunk);
    if (answer.end == PEKO_NEXT_PENDING) break;
    if (answer.end == PEKO_NEXT_DATA) {
      EXPECT_GT(chunk.size, 0U);
      answer.body.append(chunk.data, chunk.size);
      peko_chunk moved = chunk;  // a chunk may be copied bitwise
      peko_chunk_release(&moved);
    } else if (answer.end == PEKO_NEXT_TRAILERS) {
      peko_response_head trailers{};
      peko_invocation_trailers(invocation, &trailers);
      answer.trailers = copy(trailers.fields, trailers.field_count);
    }
  }
  return (answer.flags & (PEKO_DONE | PEKO_FAILED)) != 0;
}

Answer Rig::close(InvocationPtr invocation, Answer answer) {
  InstancePtr instance(peko_invocation_finish(invocation.release(), &answer.stats));
  if (answer.stats.reusable != 0) answer.instance = std::move(instance);
  return answer;
}

Answer Rig::finish(InvocationPtr invocation, Answer answer) {
  while (!turn(invocation.get(), answer)) {
    if (!seen.wait(token(invocation.get()))) {
      ADD_FAILURE() << "the invocation waits for nothing";
      break;
    }
  }
  return close(std::move(invocation), std::move(answer));
}

Answer Rig::call(peko_component* component, const Request& request, InstancePtr warm) {
  return finish(start(component, request, std::move(warm)));
}

std::optional<OutboundSeen> until_outbound(Rig& rig, peko_invocation* call, Answer& answer) {
  for (;;) {
    const bool over = rig.turn(call, answer);
    auto seen = rig.seen.take_outbound();
    if (!seen.empty()) return seen.front();
    if (over || !rig.seen.wait(rig.token(call))) return std::nullopt;
  }
}

int respond(Rig& rig, std::uint64_t id, std::uint32_t status, std::uint32_t error, const Fields& fields) {
  const auto all = views(fields);
  return peko_outbound_respond(rig.loop(), id, status, error, all.data(), all.size());
}

}  // namespace peko::bridge_test

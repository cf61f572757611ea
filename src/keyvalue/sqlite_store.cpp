#include "keyvalue/sqlite_store.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "keyvalue/database.hpp"

namespace peko::keyvalue {
namespace {

/// What one transaction writes at most, so that it does not take long.
constexpr std::size_t kBatchMax = 128;
constexpr std::size_t kBatchBytesMax = 16U << 20;
/// Answers of fewer bytes are not counted: as many as fit into the queues do no harm.
constexpr std::size_t kCountedBytesMin = 16U << 10;
/// Between two messages about one file.
constexpr std::chrono::seconds kTellInterval{30};

bool is_read(Op op) { return op == Op::Get || op == Op::Exists || op == Op::List || op == Op::ListByRow; }

struct Pending {
  Request request;
  Store::Done done;
};

std::size_t bytes_of(const Item& item) {
  return item.key.size() + item.value.size() + (item.metadata ? item.metadata->size() : 0);
}

std::size_t bytes_of(const Pending& pending) {
  std::size_t sum = 0;
  for (const Item& item : pending.request.items) sum += bytes_of(item);
  return sum;
}

/// What a store says that has no file yet.
Answer empty_answer(const Request& request) {
  Answer answer;
  const bool gets = request.op == Op::Get || request.op == Op::Exists;
  for (std::size_t i = 0; gets && i < request.items.size(); ++i) answer.items.push_back({.key = request.items[i].key});
  return answer;
}

struct File;

/// The reads or the writes of a file, which one thread at a time works on.
struct Half {
  enum class For : std::uint8_t { Reads, Writes };
  File* file;
  For what;
  // Under the mutex:
  std::deque<Pending> waiting;
  bool busy = false;  // waits for a thread, or has one
  // Of the thread that works on it:
  std::unique_ptr<Database> database;
};

struct File {
  std::filesystem::path path;
  std::string name;  // function/store
  Usage* usage = nullptr;
  Half reads{.file = this, .what = Half::For::Reads, .waiting = {}, .busy = false, .database = nullptr};
  Half writes{.file = this, .what = Half::For::Writes, .waiting = {}, .busy = false, .database = nullptr};
  // Under the mutex:
  std::uint64_t used = 0;  // when, by the count of uses
  std::chrono::steady_clock::time_point told{};

  [[nodiscard]] bool idle() const { return !reads.busy && !writes.busy; }
};

}  // namespace

struct SqliteStore::State {
  State(SqliteOptions options, const Clock& clock, LogSink& log)
      : options(std::move(options)), clock(clock), log(log) {}

  const SqliteOptions options;
  const Clock& clock;
  LogSink& log;
  UsageTable usage;
  const std::shared_ptr<std::atomic<std::size_t>> held = std::make_shared<std::atomic<std::size_t>>();  // bytes
  std::mutex mutex;
  std::condition_variable wake;   // a half is ready, or it is over
  std::condition_variable ended;  // a thread has gone
  // Under the mutex:
  std::map<std::string, std::unique_ptr<File>, std::less<>> files;
  std::deque<Half*> ready;
  std::uint64_t uses = 0;
  std::vector<std::thread> threads;
  unsigned idle = 0;
  unsigned running = 0;  // threads that have not come to their end
  bool stopping = false;

  static void run(const std::shared_ptr<State>& state);
  File& file_of(const Request& request);
  void make_ready(Half& half);
  std::vector<Pending> take(Half& half);
  bool add_thread(const std::shared_ptr<State>& self);
  std::unique_ptr<File> take_spare();
  void work(Half& half, std::vector<Pending> batch);
  void read(Half& half, std::vector<Pending>& batch);
  Result<Answer> read(Database& database, const Request& request);
  void write(Half& half, std::vector<Pending>& batch);
  Status open(Half& half);
  void measure(Half& half);
  static void settle(const File& file, Pending& pending, Result<Answer> answer);
  void tell(File& file, std::string trouble);
  [[nodiscard]] std::int64_t now() const {
    return std::chrono::duration_cast<std::chrono::seconds>(clock.wall_now().time_since_epoch()).count();
  }
};

SqliteStore::SqliteStore(SqliteOptions options, const Clock& clock, LogSink& log)
    : state_(std::make_shared<State>(std::move(options), clock, log)) {}

SqliteStore::~SqliteStore() {
  const std::scoped_lock lock(state_->mutex);
  PEKO_ASSERT(state_->stopping || state_->threads.empty(), "a store is stopped before it goes");
  // What stop() could not wait for ends with the process: nobody may destroy a thread that runs.
  if (!state_->threads.empty()) (void)new std::vector<std::thread>(std::move(state_->threads));
}

void SqliteStore::start(Request request, Done done) {
  std::unique_lock lock(state_->mutex);
  if (state_->stopping) {
    lock.unlock();
    return done(fail(Code::Unavailable, "the node is stopping"));
  }
  File& file = state_->file_of(request);
  Half& half = is_read(request.op) ? file.reads : file.writes;
  if (half.waiting.size() >= kWaitingMax) {
    file.usage->count_error(Code::Overloaded);
    lock.unlock();
    return done(fail(Code::Overloaded, "too many operations wait for it"));
  }
  half.waiting.push_back({std::move(request), std::move(done)});
  if (!std::exchange(half.busy, true)) state_->make_ready(half);
  if (state_->idle >= state_->ready.size() || state_->threads.size() == state_->options.threads_max) return;
  if (state_->add_thread(state_) || state_->running > 0) return;
  // Nobody is there who would do it: the half is as it was before.
  Pending pending = std::move(half.waiting.back());
  half.waiting.pop_back();
  half.busy = false;
  state_->ready.pop_back();
  lock.unlock();
  pending.done(fail(Code::Unavailable, "the node cannot start a thread now"));
}

const UsageTable& SqliteStore::usage() const { return state_->usage; }

bool SqliteStore::stop(std::chrono::milliseconds patience) {
  std::unique_lock lock(state_->mutex);
  state_->stopping = true;
  state_->wake.notify_all();
  if (!state_->ended.wait_for(lock, patience, [&] { return state_->running == 0; })) return false;
  std::vector<std::thread> threads = std::move(state_->threads);
  state_->threads.clear();
  const auto files = std::move(state_->files);
  state_->files.clear();
  lock.unlock();
  for (std::thread& thread : threads) thread.join();
  for (const auto& [name, file] : files) {
    for (Half* const half : {&file->reads, &file->writes}) {
      for (Pending& pending : half->waiting) pending.done(fail(Code::Unavailable, "the node is stopping"));
    }
  }
  return true;
}

// The names are checked where they come from (check_store_name, code::check_name), so they are safe as files.
File& SqliteStore::State::file_of(const Request& request) {
  const std::string name = request.owner.function + "/" + request.store;
  std::unique_ptr<File>& file = files[name];
  if (!file) {
    file = std::make_unique<File>();
    file->name = name;
    file->path = options.folder / request.owner.function / (request.store + ".sqlite");
    file->usage = &usage.of(request.owner.function, request.store);
  }
  file->used = ++uses;
  return *file;
}

void SqliteStore::State::make_ready(Half& half) {
  ready.push_back(&half);
  wake.notify_one();
}

// False: the system has no thread to give. The others do its work then.
bool SqliteStore::State::add_thread(const std::shared_ptr<State>& self) {
  try {
    threads.emplace_back(run, self);
  } catch (const std::system_error&) {
    return false;
  }
  running++;
  return true;
}

// What one turn does. Reads are short, and a turn of writes is a transaction.
std::vector<Pending> SqliteStore::State::take(Half& half) {
  std::vector<Pending> batch;
  for (std::size_t bytes = 0; !half.waiting.empty() && batch.size() < kBatchMax && bytes < kBatchBytesMax;) {
    bytes += bytes_of(half.waiting.front());
    batch.push_back(std::move(half.waiting.front()));
    half.waiting.pop_front();
  }
  return batch;
}

// One too many, unused for longest; null: none, or all are in use.
std::unique_ptr<File> SqliteStore::State::take_spare() {
  if (files.size() <= options.files_max) return nullptr;
  auto oldest = files.end();
  for (auto file = files.begin(); file != files.end(); ++file) {
    const bool older = oldest == files.end() || file->second->used < oldest->second->used;
    if (file->second->idle() && older) oldest = file;
  }
  if (oldest == files.end()) return nullptr;
  std::unique_ptr<File> spare = std::move(oldest->second);
  files.erase(oldest);
  return spare;
}

void SqliteStore::State::run(const std::shared_ptr<State>& state) {
  pthread_setname_np(pthread_self(), "peko-keyvalue");
  std::unique_lock lock(state->mutex);
  for (;;) {
    state->idle++;
    state->wake.wait(lock, [&] { return state->stopping || !state->ready.empty(); });
    state->idle--;
    if (state->stopping) break;
    Half& half = *state->ready.front();
    state->ready.pop_front();
    std::vector<Pending> batch = state->take(half);
    lock.unlock();
    state->work(half, std::move(batch));
    lock.lock();
    half.busy = !half.waiting.empty();
    if (half.busy) state->make_ready(half);
    while (std::unique_ptr<File> spare = state->take_spare()) {
      lock.unlock();
      spare.reset();  // closing may take a checkpoint
      lock.lock();
    }
  }
  state->running--;
  state->ended.notify_all();
}

void SqliteStore::State::work(Half& half, std::vector<Pending> batch) {
  std::erase_if(batch, [](Pending& pending) {
    const bool cancelled = pending.request.cancelled.stop_requested();
    if (cancelled) pending.done(fail(Code::Deadline, "nobody waits for it any more"));
    return cancelled;
  });
  if (batch.empty()) return;
  half.file->usage->set_quota(batch.back().request.owner.quota_bytes);
  if (half.what == Half::For::Reads) {
    read(half, batch);
  } else {
    write(half, batch);
  }
  if (half.database && half.database->broken()) half.database.reset();
}

Status SqliteStore::State::open(Half& half) {
  if (half.database && half.database->moved()) half.database.reset();
  if (half.database) return {};
  const auto create = half.what == Half::For::Writes ? Database::Create::Yes : Database::Create::No;
  std::string trouble;
  Result<std::unique_ptr<Database>> opened = Database::open(half.file->path, create, trouble);
  tell(*half.file, std::move(trouble));
  if (!opened) return fail(std::move(opened.error()));
  half.database = std::move(*opened);
  return {};
}

void SqliteStore::State::measure(Half& half) {
  const std::uint64_t bytes = half.database->used_bytes();
  if (!half.database->broken()) half.file->usage->set_bytes(bytes);
}

void SqliteStore::State::settle(const File& file, Pending& pending, Result<Answer> answer) {
  file.usage->count(pending.request.op);
  if (!answer) file.usage->count_error(answer.error().code);
  pending.done(std::move(answer));
}

Result<Answer> SqliteStore::State::read(Database& database, const Request& request) {
  if (held->load(std::memory_order_relaxed) > kHeldBytesMax) {
    return fail(Code::Overloaded, "too much is being read at once");
  }
  Result<Answer> answer = database.read(request, now());
  if (!answer) return answer;
  std::size_t bytes = 0;
  for (const Item& item : answer->items) bytes += bytes_of(item);
  if (bytes < kCountedBytesMin) return answer;
  held->fetch_add(bytes, std::memory_order_relaxed);
  answer->room = std::shared_ptr<const void>(
      nullptr, [held = held, bytes](const void*) { held->fetch_sub(bytes, std::memory_order_relaxed); });
  return answer;
}

void SqliteStore::State::read(Half& half, std::vector<Pending>& batch) {
  for (Pending& pending : batch) {
    const Status opened = open(half);
    if (opened) {
      Result<Answer> found = read(*half.database, pending.request);
      if (found && half.file->usage->bytes() == 0) measure(half);
      tell(*half.file, half.database->take_trouble());
      if (half.database->broken()) half.database.reset();
      settle(*half.file, pending, std::move(found));
    } else if (opened.error().code == Code::NotFound) {
      settle(*half.file, pending, empty_answer(pending.request));
    } else {
      settle(*half.file, pending, fail(opened.error()));
    }
  }
}

void SqliteStore::State::write(Half& half, std::vector<Pending>& batch) {
  if (const Status opened = open(half); !opened) {
    for (Pending& pending : batch) settle(*half.file, pending, fail(opened.error()));
    return;
  }
  std::vector<const Request*> requests;
  requests.reserve(batch.size());
  for (const Pending& pending : batch) requests.push_back(&pending.request);
  std::vector<Result<Answer>> answers = half.database->write(requests, now());
  if (!half.database->broken()) measure(half);
  tell(*half.file, half.database->take_trouble());
  for (std::size_t i = 0; i < batch.size(); ++i) settle(*half.file, batch[i], std::move(answers[i]));
}

void SqliteStore::State::tell(File& file, std::string trouble) {
  if (trouble.empty()) return;
  {
    const std::scoped_lock lock(mutex);
    const auto at = clock.now();
    const bool told = file.told != std::chrono::steady_clock::time_point{} && at - file.told < kTellInterval;
    if (told) return;
    file.told = at;
  }
  log.write(LogLevel::Error, fmt::format("key-value store {}: {}", file.name, trouble));
}

}  // namespace peko::keyvalue

#include "keyvalue/database.hpp"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/base64url.hpp"
#include "base/file.hpp"
#include "keyvalue/check.hpp"

namespace peko::keyvalue {
namespace {

constexpr std::int64_t kApplication = 0x50454b4f;  // "PEKO", in the file's header
constexpr std::int64_t kFormat = 1;

// The value is last: what is behind it could not be read without it.
// `version` is another one after each write, also when an entry was deleted in between: so it is random. 0 is none.
constexpr const char* kSchema = R"(
  CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL UNIQUE,
    metadata TEXT,
    expires INTEGER,
    version INTEGER NOT NULL,
    value BLOB NOT NULL
  );
  CREATE INDEX expiring ON entries (expires) WHERE expires IS NOT NULL;
  PRAGMA application_id = 1346718543;
  PRAGMA user_version = 1;
)";
static_assert(kApplication == 1346718543);

// A commit is on the disk before it is answered (FULL). The caches are small: there may be a connection for each of
// many functions. Nothing in a file that was tampered with runs (trusted_schema), and its pages are checked.
constexpr const char* kSettings = R"(
  PRAGMA synchronous = FULL;
  PRAGMA cache_size = -256;
  PRAGMA journal_size_limit = 4194304;
  PRAGMA trusted_schema = OFF;
  PRAGMA cell_size_check = ON;
  PRAGMA mmap_size = 0;
)";

#define PEKO_ALIVE "(expires IS NULL OR expires > ?2)"
constexpr std::string_view kGet =
    "SELECT value, metadata, expires, version FROM entries WHERE key = ?1 AND " PEKO_ALIVE;
constexpr std::string_view kExists = "SELECT version FROM entries WHERE key = ?1 AND " PEKO_ALIVE;
constexpr std::string_view kSet =
    "INSERT INTO entries (key, value, metadata, expires, version) VALUES (?1, ?2, ?3, ?4, random() | 1) "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value, metadata = excluded.metadata, expires = excluded.expires, "
    "version = excluded.version";
constexpr std::string_view kRemove = "DELETE FROM entries WHERE key = ?1";
// What has expired is skipped by the code, which counts it.
constexpr std::string_view kList =
    "SELECT key, metadata, expires FROM entries WHERE key >= ?1 AND key < ?2 ORDER BY key";
constexpr std::string_view kListByRow = "SELECT key, metadata, expires, id FROM entries WHERE id > ?1 ORDER BY id";
#undef PEKO_ALIVE
constexpr std::string_view kPurge =
    "DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE expires <= ?1 LIMIT ?2)";

/// Rows that one list looks at: many may have expired, and others wait.
constexpr std::uint32_t kLookedAtMax = 4 * kListMax;

/// The first text after all that begin with `prefix`: keys are UTF-8, none begins with 0xff.
std::string after_all(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (prefix.empty()) return "\xff";
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

/// The first key after `key`.
std::string after(std::string key) {
  key.push_back('\0');
  return key;
}

/// NotFound is only what is not there: a file where a folder should be is not.
Error trouble_with(std::string_view doing, const std::filesystem::path& path, int number) {
  Error error = file_error(doing, path, number);
  if (number != ENOENT) error.code = Code::Unavailable;
  return error;
}

/// The folder of `file` without links in it, for SQLite would refuse them all. NotFound: there is none.
Result<std::filesystem::path> folder_of(const std::filesystem::path& file, Database::Create create) {
  const std::filesystem::path folder = file.parent_path();
  if (create == Database::Create::Yes) {
    if (Status made = create_private_directories(folder); !made) return fail(std::move(made.error()));
  }
  std::error_code failed;
  std::filesystem::path real = std::filesystem::canonical(folder, failed);
  if (failed) return fail(trouble_with("opening the folder", folder, failed.value()));
  return real;
}

/// That there is a file, which is made if `create` says so: SQLite would make it readable for everybody, and what it
/// puts beside it too. NotFound: there is none.
///
/// It is never opened here: to close any descriptor of a file ends all locks that this process has on it (fcntl(2)),
/// those of SQLite's connections too, and another process would take away the WAL that these are writing to.
Status make_file(const std::filesystem::path& file, Database::Create create) {
  if (create == Database::Create::Yes && ::mknod(file.c_str(), S_IFREG | 0600, 0) != 0 && errno != EEXIST) {
    return fail(trouble_with("creating", file, errno));
  }
  struct stat status{};
  if (::lstat(file.c_str(), &status) != 0) return fail(trouble_with("opening", file, errno));
  if (!S_ISREG(status.st_mode)) {
    return fail(Code::Conflict, fmt::format("opening {}: it is no plain file", file.string()));
  }
  return {};
}

}  // namespace

void Database::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Database::Database(std::filesystem::path file)
    : file_(std::move(file)),
      get_(kGet),
      exists_(kExists),
      set_(kSet),
      remove_(kRemove),
      list_(kList),
      list_by_row_(kListByRow),
      purge_(kPurge) {}

Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file, Create create,
                                                 std::string& trouble) {
  const auto refuse = [&](const Error& cause) {
    if (create == Create::No && cause.code == Code::NotFound) return fail(Code::NotFound, "there is no such store yet");
    trouble = cause.message;
    return fail(Code::Unavailable, "its file cannot be opened (the node's log says why)");
  };
  const Result<std::filesystem::path> folder = folder_of(file, create);
  if (!folder) return refuse(folder.error());
  const std::filesystem::path real = *folder / file.filename();
  if (const Status made = make_file(real, create); !made) return refuse(made.error());
  std::unique_ptr<Database> database(new Database(real));
  if (Status started = database->start(); !started) {
    trouble = database->take_trouble();
    return fail(std::move(started.error()));
  }
  return database;
}

Status Database::start() {
  sqlite3* connection = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOFOLLOW;
  const int opened = sqlite3_open_v2(file_.c_str(), &connection, kFlags, nullptr);
  connection_.reset(connection);
  if (opened != SQLITE_OK) return failed(opened);
  sqlite3_busy_timeout(connection, static_cast<int>(kBusyPatience.count()));
  sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, static_cast<int>(kValueBytesMax + (64U << 10)));
  if (Status done = run(kSettings); !done) return done;
  // Before anything is written to it: what is there may be somebody else's.
  const std::int64_t application = pragma("PRAGMA application_id");
  const std::int64_t format = pragma("PRAGMA user_version");
  if (broken_) return fail(Code::Unavailable, "its file is damaged (the node's log says which)");
  if (format > kFormat && application == kApplication) {
    trouble_ = fmt::format("{} was written by a newer Peko (format {}): update this one", file_.string(), format);
    return fail(Code::Unavailable, "its file was written by a newer Peko");
  }
  if (application == kApplication) return use_wal();
  if (Status free = refuse_foreign(); !free) return free;
  if (Status done = use_wal(); !done) return done;
  return make_schema();
}

// Unlike other statements this one does not wait while somebody else opens the new file.
Status Database::use_wal() {
  constexpr int kTries = 100;
  constexpr int kPauseMs = 20;
  for (int i = 1;; ++i) {
    const int result = sqlite3_exec(connection_.get(), "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    if (result == SQLITE_OK) return {};
    if ((result & 0xff) != SQLITE_BUSY || i == kTries) return failed(result);
    sqlite3_sleep(kPauseMs);
  }
}

Status Database::refuse_foreign() {
  const bool empty = pragma("SELECT count(*) FROM sqlite_schema") == 0;
  if (broken_) return fail(Code::Unavailable, "its file is damaged (the node's log says which)");
  // Not empty, and ours: another process has just made it.
  if (empty || pragma("PRAGMA application_id") == kApplication) return {};
  trouble_ = fmt::format("{} is not a key-value store: move it away", file_.string());
  return fail(Code::Unavailable, "its file is something else (the node's log says which)");
}

Status Database::make_schema() {
  if (Status begun = run("BEGIN IMMEDIATE"); !begun) return begun;
  // Another process may have made it meanwhile.
  if (pragma("PRAGMA application_id") == kApplication) return run("ROLLBACK");
  if (Status free = refuse_foreign(); !free) return free;
  if (Status made = run(kSchema); !made) return made;
  return run("COMMIT");
}

Status Database::run(const char* sql) {
  const int result = sqlite3_exec(connection_.get(), sql, nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return failed(result);
  return {};
}

std::int64_t Database::pragma(const char* sql) {
  Statement statement(sql);
  Statement::Run run(connection_.get(), statement);
  const int result = run.step();
  if (result == SQLITE_ROW) return run.number(0);
  (void)failed(result);
  return 0;
}

std::unexpected<Error> Database::failed(int result) {
  const int kind = result & 0xff;
  trouble_ = fmt::format("{}: {} (SQLite {})", file_.string(), sqlite3_errmsg(connection_.get()), result);
  switch (kind) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return fail(Code::Unavailable, "it is busy: another process holds its file");
    case SQLITE_FULL: return fail(Code::Overloaded, "the node's disk is full");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      broken_ = true;
      trouble_ +=
          "; the file is damaged: stop what uses it, move it away, and put a backup in its place or do without "
          "(docs/operating.md, Key-value stores)";
      return fail(Code::Unavailable, "its file is damaged (the node's log says which)");
    case SQLITE_TOOBIG: return fail(Code::Invalid, "an entry is too large");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      broken_ = true;
      return fail(Code::Unavailable, "its file cannot be written (the node's log says why)");
    default: broken_ = true; return fail(Code::Unavailable, "its file cannot be used (the node's log says why)");
  }
}

Result<Answer> Database::read(const Request& request, std::int64_t now) {
  switch (request.op) {
    case Op::List: return list(request, now);
    case Op::ListByRow: return list_by_row(request, now);
    default: return get(request, now);
  }
}

Result<std::optional<Item>> Database::find(const std::string& key, std::int64_t now) {
  Statement::Run run(connection_.get(), get_);
  const int result = run.blob(key).integer(now).step();
  if (result == SQLITE_DONE) return std::nullopt;
  if (result != SQLITE_ROW) return failed(result);
  return Item{.key = key,
              .value = std::string(run.bytes(0)),
              .metadata = run.text_or_null(1),
              .expires = run.number(2),
              .version = run.number(3)};
}

Result<Answer> Database::get(const Request& request, std::int64_t now) {
  Answer answer;
  std::uint64_t bytes = 0;
  for (const Item& item : request.items) {
    if (request.op == Op::Exists) {
      Statement::Run run(connection_.get(), exists_);
      const int result = run.blob(item.key).integer(now).step();
      if (result != SQLITE_ROW && result != SQLITE_DONE) return failed(result);
      answer.items.push_back({.key = item.key, .version = result == SQLITE_ROW ? run.number(0) : 0});
      continue;
    }
    Result<std::optional<Item>> found = find(item.key, now);
    if (!found) return fail(std::move(found.error()));
    answer.items.push_back(*found ? std::move(**found) : Item{.key = item.key});
    bytes += answer.items.back().value.size();
    if (bytes > kAnswerBytesMax) {
      return fail(Code::Invalid,
                  fmt::format("the values of these {} keys have more than {} MB together: get fewer at once",
                              request.items.size(), kAnswerBytesMax >> 20));
    }
  }
  return answer;
}

Result<Answer> Database::list(const Request& request, std::int64_t now) {
  std::string from = request.prefix;
  if (!request.cursor.empty()) {
    std::optional<std::string> last = from_base64url(request.cursor);
    if (!last || last->size() > kKeyBytesMax) return fail(Code::Invalid, "the cursor is none that a list has given");
    from = std::max(from, after(std::move(*last)));
  }
  const std::string end = after_all(request.prefix);
  Answer answer;
  std::string last;
  Statement::Run run(connection_.get(), list_);
  run.blob(from).blob(end);
  const Result<bool> more = page(run, request, now, answer, [&] { last = run.bytes(0); });
  if (!more) return fail(more.error());
  if (*more) answer.cursor = base64url(last);
  return answer;
}

Result<Answer> Database::list_by_row(const Request& request, std::int64_t now) {
  Answer answer;
  std::int64_t last = 0;
  Statement::Run run(connection_.get(), list_by_row_);
  run.integer(request.number);
  const Result<bool> more = page(run, request, now, answer, [&] { last = run.number(3); });
  if (!more) return fail(more.error());
  if (*more) answer.number = last;
  return answer;
}

Result<bool> Database::page(Statement::Run& run, const Request& request, std::int64_t now, Answer& answer,
                            const std::function<void()>& looked_at) {
  int result = run.step();
  for (std::uint32_t rows = 0; result == SQLITE_ROW && rows < kLookedAtMax && answer.items.size() < request.limit;
       ++rows, result = run.step()) {
    looked_at();
    const std::int64_t expires = run.number(2);  // 0 for NULL
    if (expires != 0 && expires <= now) continue;
    answer.items.push_back({.key = std::string(run.bytes(0)), .metadata = run.text_or_null(1), .expires = expires});
  }
  if (result != SQLITE_ROW && result != SQLITE_DONE) return failed(result);
  return result == SQLITE_ROW;
}

bool Database::moved() {
  int moved = 0;
  return sqlite3_file_control(connection_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

}  // namespace peko::keyvalue

/// Database: a connection to the file of one store (SQLite).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "keyvalue/statement.hpp"
#include "keyvalue/store.hpp"

struct sqlite3;

namespace peko::keyvalue {

/// Used by one thread at a time; its calls block. Several connections to a file, of several processes too, see each
/// other's commits.
///
/// Errors speak to the function's author; what the operator should know is left for take_trouble().
class Database {
 public:
  enum class Create : std::uint8_t { No, Yes };

  /// How long a connection waits for another process that writes.
  static constexpr std::chrono::milliseconds kBusyPatience{2000};

  /// NotFound: there is no file, and none is wanted. `trouble` is set with any other error.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file, Create create, std::string& trouble);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Get, Exists, List, ListByRow, as of `now` (seconds since 1970).
  Result<Answer> read(const Request& request, std::int64_t now);

  /// The other operations in one transaction, which is on the disk when this returns. Each has an answer of its own:
  /// one that does not fit does not keep the others from being written. All are of one owner.
  std::vector<Result<Answer>> write(std::span<const Request* const> requests, std::int64_t now);

  /// What the quota counts: the file without the pages that are free in it.
  [[nodiscard]] std::uint64_t used_bytes();

  /// What happened to the file or the disk since the last call, for the operator; empty: nothing.
  std::string take_trouble() { return std::exchange(trouble_, {}); }
  /// It can do nothing any more: open it anew, for somebody may have repaired the file.
  [[nodiscard]] bool broken() const { return broken_; }
  /// Somebody has moved, replaced or deleted the file: what is written goes nowhere.
  [[nodiscard]] bool moved();

 private:
  explicit Database(std::filesystem::path file);
  Status start();
  Status use_wal();
  /// That the file is empty or has entries of ours.
  Status refuse_foreign();
  Status make_schema();
  Status run(const char* sql);
  std::int64_t pragma(const char* sql);
  std::unexpected<Error> failed(int result);

  Result<Answer> get(const Request& request, std::int64_t now);
  Result<Answer> list(const Request& request, std::int64_t now);
  Result<Answer> list_by_row(const Request& request, std::int64_t now);
  /// Adds the rows that have not expired to `answer`, and calls `looked_at` at each. Whether there are more.
  Result<bool> page(Statement::Run& run, const Request& request, std::int64_t now, Answer& answer,
                    const std::function<void()>& looked_at);
  Result<std::optional<Item>> find(const std::string& key, std::int64_t now);

  /// One transaction; nothing is answered twice. An error is that of the transaction: none of them was done.
  Result<std::vector<Result<Answer>>> transact(std::span<const Request* const> requests, std::int64_t now);
  /// Error: of the file. The answer's own: of the request.
  Result<Result<Answer>> apply(const Request& request, std::int64_t now);
  Result<Result<Answer>> increment(const Request& request, std::int64_t now);
  Result<Result<Answer>> swap(const Request& request, std::int64_t now);
  Status set(const Item& item);
  Status remove(const std::string& key);
  /// Frees a part of what has expired.
  Status purge(std::int64_t now, std::int64_t rows);
  /// Frees more of it, step by step; whether there was any.
  bool purge_many(std::int64_t now);
  void hold_to(std::uint64_t quota_bytes);
  /// Pages that the file may have.
  [[nodiscard]] std::int64_t pages_max() const;
  std::unexpected<Error> full(const Request& request);

  struct Close {
    void operator()(sqlite3* connection) const;
  };
  std::filesystem::path file_;
  std::unique_ptr<sqlite3, Close> connection_;
  std::uint64_t quota_bytes_ = 0;
  std::string trouble_;
  bool broken_ = false;
  // Finalized before the connection closes:
  Statement get_;
  Statement exists_;
  Statement set_;
  Statement remove_;
  Statement list_;
  Statement list_by_row_;
  Statement purge_;
};

}  // namespace peko::keyvalue

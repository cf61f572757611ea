/// Statement: one prepared SQL statement of a connection.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace peko::keyvalue {

/// Made when it is first used, kept as long as its connection. `sql` lives as long.
class Statement {
 public:
  explicit Statement(std::string_view sql) : sql_(sql) {}

  /// Binds all parameters in order, `?1` first. What is bound must live until the next run or reset.
  class Run;
  /// An SQLite result code, SQLITE_OK when it may be stepped.
  int prepare(sqlite3* connection);
  void close() { handle_.reset(); }

 private:
  friend class Run;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  std::string_view sql_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

/// One run of it, reset at the end. Any failure sticks: step() then answers it.
class Statement::Run {
 public:
  Run(sqlite3* connection, Statement& statement);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  Run& blob(std::string_view bytes);
  Run& text(const std::optional<std::string>& text);
  Run& integer(std::int64_t value);
  /// NULL for 0.
  Run& integer_or_null(std::int64_t value);

  /// SQLITE_ROW, SQLITE_DONE, or what is wrong.
  int step();

  // Of the row, by number from 0:
  [[nodiscard]] std::string_view bytes(int column) const;
  [[nodiscard]] std::optional<std::string> text_or_null(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;

 private:
  void keep(int result);
  sqlite3_stmt* handle_ = nullptr;
  int bound_ = 0;
  int failure_ = 0;
};

}  // namespace peko::keyvalue

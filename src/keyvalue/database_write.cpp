// The writes of a Database: transactions, and the quota.
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "keyvalue/database.hpp"

namespace peko::keyvalue {
namespace {

constexpr std::int64_t kPurgeRows = 256;       // of each transaction: what has expired goes little by little
constexpr std::int64_t kPurgeStepRows = 2048;  // of a transaction that does nothing else, when there is no room, and
constexpr int kPurgeSteps = 16;                // how many of them one operation makes: the others wait meanwhile
constexpr std::int64_t kPageBytes = 4096;

std::uint64_t bytes_of(const Request& request) {
  std::uint64_t sum = 0;
  for (const Item& item : request.items) {
    sum += item.key.size() + item.value.size() + (item.metadata ? item.metadata->size() : 0);
  }
  return sum;
}

std::string megabytes(std::uint64_t bytes) { return fmt::format("{:.1f} MB", static_cast<double>(bytes) / (1 << 20)); }

Result<std::int64_t> to_number(const Item& item) {
  std::int64_t number = 0;
  const char* const end = item.value.data() + item.value.size();
  const auto [at, error] = std::from_chars(item.value.data(), end, number);
  if (error != std::errc() || at != end) {
    return fail(Code::Invalid, "the entry's value is no decimal number of 64 bits: it cannot be incremented");
  }
  return number;
}

}  // namespace

std::vector<Result<Answer>> Database::write(std::span<const Request* const> requests, std::int64_t now) {
  hold_to(requests.front()->owner.quota_bytes);
  Result<std::vector<Result<Answer>>> all = transact(requests, now);
  if (all) return std::move(*all);
  std::vector<Result<Answer>> answers;
  if (all.error().code == Code::Unavailable) {
    // The next one would wait as long for a file that is busy.
    answers.assign(requests.size(), fail(std::move(all.error())));
    return answers;
  }
  // One does not fit: each by itself, so that those that do are written. Of their troubles the first is told.
  std::string first_trouble;
  for (const Request* const& request : requests) {
    Result<std::vector<Result<Answer>>> one = transact(std::span(&request, 1), now);
    if (!one && one.error().code == Code::Overloaded && purge_many(now)) one = transact(std::span(&request, 1), now);
    if (one) {
      answers.push_back(std::move(one->front()));
      trouble_.clear();  // of what it was done in spite of
    } else if (one.error().code == Code::Overloaded) {
      answers.emplace_back(full(*request));
    } else {
      answers.emplace_back(fail(std::move(one.error())));
    }
    if (std::string trouble = take_trouble(); first_trouble.empty()) first_trouble = std::move(trouble);
  }
  trouble_ = std::move(first_trouble);
  return answers;
}

Result<std::vector<Result<Answer>>> Database::transact(std::span<const Request* const> requests, std::int64_t now) {
  const auto give_up = [this](Error error) {
    // It may be rolled back already.
    if (sqlite3_get_autocommit(connection_.get()) == 0) {
      sqlite3_exec(connection_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
    return fail(std::move(error));
  };
  if (Status begun = run("BEGIN IMMEDIATE"); !begun) return give_up(std::move(begun.error()));
  // SQLite holds the file to its size, but lets what is free in it be used: the quota may have been lowered since.
  const bool too_large = pragma("PRAGMA page_count") > pages_max();
  const std::uint64_t used = too_large ? used_bytes() : 0;
  if (Status purged = purge(now, kPurgeRows); !purged) return give_up(std::move(purged.error()));
  std::vector<Result<Answer>> answers;
  for (const Request* const request : requests) {
    Result<Result<Answer>> answer = apply(*request, now);
    if (!answer) return give_up(std::move(answer.error()));
    answers.push_back(std::move(*answer));
  }
  const auto removes = [](const Request* request) { return request->op == Op::Delete; };
  if (too_large && !std::ranges::all_of(requests, removes) &&
      used_bytes() > std::max(used, static_cast<std::uint64_t>(pages_max() * kPageBytes))) {
    return give_up({Code::Overloaded, "it holds more than it may"});
  }
  if (Status done = run("COMMIT"); !done) return give_up(std::move(done.error()));
  return answers;
}

Result<Result<Answer>> Database::apply(const Request& request, std::int64_t now) {
  if (request.op == Op::Increment) return increment(request, now);
  if (request.op == Op::Swap) return swap(request, now);
  for (const Item& item : request.items) {
    Status done = request.op == Op::Delete ? remove(item.key) : set(item);
    if (!done) return fail(std::move(done.error()));
  }
  return Result<Answer>(Answer{});
}

Result<Result<Answer>> Database::increment(const Request& request, std::int64_t now) {
  const std::string& key = request.items.front().key;
  Result<std::optional<Item>> found = find(key, now);
  if (!found) return fail(std::move(found.error()));
  Item item = *found ? std::move(**found) : Item{.key = key, .value = "0"};
  const Result<std::int64_t> before = to_number(item);
  if (!before) return Result<Answer>(fail(before.error()));
  Answer answer;
  if (__builtin_add_overflow(*before, request.number, &answer.number)) {
    return Result<Answer>(fail(Code::Invalid, "the sum does not fit into 64 bits: nothing was changed"));
  }
  item.value = std::to_string(answer.number);
  if (Status done = set(item); !done) return fail(std::move(done.error()));
  return Result<Answer>(std::move(answer));
}

Result<Result<Answer>> Database::swap(const Request& request, std::int64_t now) {
  const Item& item = request.items.front();
  std::int64_t version = 0;
  {
    Statement::Run run(connection_.get(), exists_);
    const int result = run.blob(item.key).integer(now).step();
    if (result != SQLITE_ROW && result != SQLITE_DONE) return failed(result);
    if (result == SQLITE_ROW) version = run.number(0);
  }
  if (version != item.version) {
    Answer lost;
    lost.items.push_back({.key = item.key, .version = version});
    return Result<Answer>(std::move(lost));
  }
  if (Status done = set(item); !done) return fail(std::move(done.error()));
  return Result<Answer>(Answer{.items = {}, .cursor = {}, .number = 1});
}

Status Database::set(const Item& item) {
  Statement::Run run(connection_.get(), set_);
  const int result = run.blob(item.key).blob(item.value).text(item.metadata).integer_or_null(item.expires).step();
  if (result != SQLITE_DONE) return failed(result);
  return {};
}

Status Database::remove(const std::string& key) {
  Statement::Run run(connection_.get(), remove_);
  if (const int result = run.blob(key).step(); result != SQLITE_DONE) return failed(result);
  return {};
}

Status Database::purge(std::int64_t now, std::int64_t rows) {
  Statement::Run run(connection_.get(), purge_);
  if (const int result = run.integer(now).integer(rows).step(); result != SQLITE_DONE) return failed(result);
  return {};
}

bool Database::purge_many(std::int64_t now) {
  std::int64_t purged = 0;
  for (int step = 0; step < kPurgeSteps; ++step) {
    if (!purge(now, kPurgeStepRows)) break;
    const std::int64_t rows = sqlite3_changes(connection_.get());
    purged += rows;
    if (rows < kPurgeStepRows) break;
  }
  return purged > 0;
}

std::int64_t Database::pages_max() const {
  return std::max<std::int64_t>(16, static_cast<std::int64_t>(quota_bytes_ / kPageBytes));
}

// SQLite refuses to make the file larger (SQLITE_FULL).
void Database::hold_to(std::uint64_t quota_bytes) {
  if (std::exchange(quota_bytes_, quota_bytes) == quota_bytes) return;
  (void)pragma(fmt::format("PRAGMA max_page_count = {}", pages_max()).c_str());
}

std::uint64_t Database::used_bytes() {
  const std::int64_t pages = pragma("PRAGMA page_count") - pragma("PRAGMA freelist_count");
  return static_cast<std::uint64_t>(std::max<std::int64_t>(pages, 0)) * kPageBytes;
}

std::unexpected<Error> Database::full(const Request& request) {
  const std::uint64_t used = used_bytes();
  // Each entry may take a page of its own, and pages of the trees above it.
  const std::uint64_t wanted = bytes_of(request) + (request.items.size() + 8) * kPageBytes;
  if (used + wanted <= quota_bytes_) return fail(Code::Overloaded, "the node's disk is full");
  trouble_.clear();  // it is the function's business
  return fail(
      Code::Overloaded,
      fmt::format("it holds {} of the {} that it may, and this needs {} more: delete entries, or raise quota_mb "
                  "in [keyvalue] of peko.toml (the node's limits_max.keyvalue_mb is the most)",
                  megabytes(used), megabytes(quota_bytes_), megabytes(std::max<std::uint64_t>(bytes_of(request), 1))));
}

}  // namespace peko::keyvalue

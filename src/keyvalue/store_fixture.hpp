/// A SqliteStore in a folder of its own, asked and waited for.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/fake_clock.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "keyvalue/sqlite_store.hpp"

namespace peko::keyvalue {

class StoreFixture : public ::testing::Test {
 protected:
  StoreFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "peko-keyvalue-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    log_ = LogSink::start(::dup(STDERR_FILENO), {.form = LogForm::Text}, clock_);
    reopen();
  }
  ~StoreFixture() override {
    close();
    log_->stop();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }

  void close() {
    if (store_) EXPECT_TRUE(store_->stop(std::chrono::seconds(20)));
    store_.reset();
  }
  void reopen(std::size_t files_max = 128) {
    close();
    store_ = std::make_unique<SqliteStore>(
        SqliteOptions{.folder = folder_ / "data", .threads_max = 4, .files_max = files_max}, clock_, *log_);
  }

  std::future<Result<Answer>> begin(Request request) {
    if (request.owner.function.empty()) request.owner.function = "todo";
    if (request.owner.quota_bytes == 0) request.owner.quota_bytes = quota_bytes_;
    if (request.store.empty()) request.store = kDefaultStore;
    auto answered = std::make_shared<std::promise<Result<Answer>>>();
    store_->start(std::move(request), [answered](Result<Answer> answer) { answered->set_value(std::move(answer)); });
    return answered->get_future();
  }
  Result<Answer> ask(Request request) { return begin(std::move(request)).get(); }

  static Request setting(std::string key, std::string value, std::int64_t expires = 0) {
    Request request{.op = Op::Set};
    request.items.push_back({.key = std::move(key), .value = std::move(value), .metadata = {}, .expires = expires});
    return request;
  }
  Status set(std::string key, std::string value, std::int64_t expires = 0) {
    Result<Answer> answer = ask(setting(std::move(key), std::move(value), expires));
    if (!answer) return fail(std::move(answer.error()));
    return {};
  }
  /// The entry; its version is 0 when there is none.
  Item get(std::string key) {
    Request request{.op = Op::Get};
    request.items.push_back({.key = std::move(key)});
    Result<Answer> answer = ask(std::move(request));
    EXPECT_TRUE(answer) << answer.error().message;
    return answer ? std::move(answer->items.at(0)) : Item{};
  }
  [[nodiscard]] std::int64_t now() const {
    return std::chrono::duration_cast<std::chrono::seconds>(clock_.wall_now().time_since_epoch()).count();
  }
  [[nodiscard]] std::filesystem::path file() const { return folder_ / "data/todo/default.sqlite"; }

  FakeClock clock_;
  std::filesystem::path folder_;
  std::unique_ptr<LogSink> log_;
  std::unique_ptr<SqliteStore> store_;
  std::uint64_t quota_bytes_ = 64ULL << 20;
};

}  // namespace peko::keyvalue

/// What tests of the commands around a code store share: a store in memory, a compiler that makes up machine code,
/// nodes that answer, and commands run by their words.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <boost/json.hpp>

#include "base/fake_clock.hpp"
#include "base/file.hpp"
#include "cli/captured.hpp"
#include "cli/commands.hpp"
#include "code/memory_store.hpp"
#include "code/test_folder.hpp"

namespace peko::cli {

/// A store that somebody else owns.
class BorrowedStore final : public code::Store {
 public:
  explicit BorrowedStore(code::Store& store) : store_(store) {}
  Result<code::ObjectPage> list(std::string_view prefix, std::string_view after, std::size_t count) override {
    return store_.list(prefix, after, count);
  }
  Result<code::ObjectInfo> stat(std::string_view key) override { return store_.stat(key); }
  Result<std::optional<code::ObjectInfo>> get(std::string_view key, const code::ByteSink& sink,
                                              const code::ByteRange& range, std::string_view unless_etag) override {
    return store_.get(key, sink, range, unless_etag);
  }
  Result<code::ObjectInfo> put(std::string_view key, code::ByteSource& bytes, const code::PutIf& condition) override {
    return store_.put(key, bytes, condition);
  }
  Status remove(std::string_view key) override { return store_.remove(key); }
  [[nodiscard]] std::string shown() const override { return store_.shown(); }

 private:
  code::Store& store_;
};

/// Nodes that answer what `answer` says.
class AnsweringNodes final : public cloud::HttpTransport {
 public:
  Result<cloud::HttpResponse> send(const cloud::HttpRequest& request, const cloud::BodyWriter&) override {
    return answer(request);
  }
  std::function<Result<cloud::HttpResponse>(const cloud::HttpRequest&)> answer;
};

class StoreCommands : public testing::Test {
 protected:
  /// A component (component model, Binary.md) that exports a handler and imports nothing; `content` makes it another
  /// one.
  static std::string component(std::string_view content = "1") {
    using namespace std::string_literals;
    const auto section = [](char id, const std::string& bytes) {
      return std::string({id, static_cast<char>(bytes.size())}) + bytes;
    };
    const auto named = [](std::string_view name) {
      return std::string({'\0', static_cast<char>(name.size())}).append(name);
    };
    return "\0asm\x0d\0\x01\0"s + section(0, "\x01x"s.append(content)) + section(7, "\x01\x42\0"s) +
           section(10, "\x01"s + named("wasi:http/types@0.2.3") + "\x05\0"s) +
           section(11, "\x01"s + named("wasi:http/incoming-handler@0.2.3") + "\x05\0\0"s);
  }

  /// A project "api" whose component is there; returns its folder.
  std::string project(std::string_view content = "1", std::string_view more = "") {
    folder_.write("api/a.wasm", component(content));
    folder_.write("api/peko.toml", std::string("name = \"api\"\ncomponent = \"a.wasm\"\n").append(more));
    return (folder_.path() / "api").string();
  }

  /// A node key's file.
  std::string key_file() {
    const auto file = folder_.path() / "node.key";
    EXPECT_TRUE(write_file_atomically(file, std::string(32, 'k'), 0600));
    return file.string();
  }

  int run(std::vector<std::string> words) {
    out_ = std::make_unique<Captured>();
    err_ = std::make_unique<Captured>();
    return cli::run(
        words,
        {.environment = environment_,
         .out = out_->terminal(),
         .err = err_->terminal(),
         .clock = clock_,
         .version = "",
         .start_node = nullptr,
         .confine = nullptr,
         .compile = nullptr,
         .open_store = [this](const std::string& url,
                              const std::function<void(std::string_view)>&) -> Result<std::unique_ptr<code::Store>> {
           opened_ = url;
           return std::make_unique<BorrowedStore>(store_);
         },
         .compile_in_child = [this](std::string_view wasm, const node::CompileLimits&) { return compile(wasm); },
         .engine_id = []() -> Result<std::string> { return "engine-1"; },
         .http = [this]() -> Result<cloud::HttpTransport*> { return &nodes_; },
         .in = in_});
  }

  Result<node::Compiled> compile(std::string_view wasm) {
    ++compiled_;
    if (compile_error_) return fail(*compile_error_);
    UniqueFd file(::memfd_create("artifact", MFD_CLOEXEC));
    EXPECT_EQ(write_all(file.get(), "machine code of " + std::to_string(wasm.size())), 0);
    return node::Compiled{.artifact = std::move(file), .warning = {}};
  }

  [[nodiscard]] std::string out() const { return out_->text(); }
  [[nodiscard]] std::string err() const { return err_->text(); }
  [[nodiscard]] boost::json::value json() const { return boost::json::parse(out()); }

  [[nodiscard]] std::vector<std::string> keys_below(std::string_view prefix) const {
    std::vector<std::string> keys = store_.keys();
    std::erase_if(keys, [prefix](const std::string& key) { return !key.starts_with(prefix); });
    return keys;
  }

  code::TestFolder folder_;
  FakeClock clock_;
  code::MemoryStore store_{clock_};
  AnsweringNodes nodes_;
  Environment environment_ = {{"HOME", folder_.path().string()}, {"USER", "ann"}, {"PEKO_CODE", "/srv/peko"}};
  std::optional<Error> compile_error_;
  int compiled_ = 0;
  int in_ = -1;
  std::string opened_;

 private:
  std::unique_ptr<Captured> out_;
  std::unique_ptr<Captured> err_;
};

}  // namespace peko::cli

/// WatchedStore: a store whose errors are counted.
#pragma once

#include <utility>

#include "code/store.hpp"
#include "node/store_stats.hpp"

namespace peko::node {

/// Hands everything on to `store`; both outlive it. That an object is not there, or was changed by somebody else, is an
/// answer and no error.
class WatchedStore final : public code::Store {
 public:
  WatchedStore(code::Store& store, StoreStats& stats) : store_(store), stats_(stats) {}

  Result<code::ObjectPage> list(std::string_view prefix, std::string_view after, std::size_t count) override {
    return seen(store_.list(prefix, after, count));
  }
  Result<code::ObjectInfo> stat(std::string_view key) override { return seen(store_.stat(key)); }
  Result<std::optional<code::ObjectInfo>> get(std::string_view key, const code::ByteSink& sink,
                                              const code::ByteRange& range, std::string_view unless_etag) override {
    return seen(store_.get(key, sink, range, unless_etag));
  }
  Result<code::ObjectInfo> put(std::string_view key, code::ByteSource& bytes, const code::PutIf& condition) override {
    return seen(store_.put(key, bytes, condition));
  }
  Status remove(std::string_view key) override { return seen(store_.remove(key)); }
  [[nodiscard]] std::string shown() const override { return store_.shown(); }

 private:
  template <typename Answer>
  Answer seen(Answer answer) {
    if (!answer && answer.error().code != Code::NotFound && answer.error().code != Code::Conflict) {
      stats_.count_error(answer.error().code);
    }
    return answer;
  }

  code::Store& store_;
  StoreStats& stats_;
};

}  // namespace peko::node

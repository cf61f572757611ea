/// FakeStore: a store that a test answers by hand, or that answers each request with one entry.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "keyvalue/store.hpp"

namespace peko::keyvalue {

/// One thread.
class FakeStore final : public Store {
 public:
  struct Asked {
    Request request;
    Done done;
  };

  void start(Request request, Done done) override {
    asked.push_back({std::move(request), std::move(done)});
    if (on_start) on_start(asked.back());
  }

  std::vector<Asked> asked;
  std::function<void(Asked&)> on_start;  ///< may answer at once, or tell the test
};

}  // namespace peko::keyvalue

/// FakeTransport: an HttpTransport that answers from a table and remembers what it was asked.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "cloud/http_transport.hpp"

namespace peko::cloud {

/// Shared by threads.
class FakeTransport final : public HttpTransport {
 public:
  struct Asked {
    HttpRequest request;
    std::string body;
  };

  /// From now on "GET http://h/path" gets this answer. What has none is nobody's address: Unavailable.
  void answer(const std::string& method_and_url, HttpResponse response) {
    const std::scoped_lock lock(mutex_);
    answers_.insert_or_assign(method_and_url, std::move(response));
  }
  void forget_answers() {
    const std::scoped_lock lock(mutex_);
    answers_.clear();
  }
  [[nodiscard]] std::vector<Asked> asked() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }

  Result<HttpResponse> send(const HttpRequest& request, const BodyWriter& sink) override {
    std::string body;
    while (body.size() < request.body_size) {
      const auto piece = request.body(body.size(), 16);
      if (!piece) return fail(piece.error());
      body += *piece;
    }
    const std::scoped_lock lock(mutex_);
    asked_.push_back({.request = request, .body = std::move(body)});
    const auto found = answers_.find(request.method + " " + request.url);
    if (found == answers_.end()) return fail(Code::Unavailable, "connection refused");
    HttpResponse response = found->second;
    if (sink && response.status / 100 == 2) {
      if (auto taken = sink(response.body); !taken) return fail(taken.error());
      response.body.clear();
    }
    return response;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, HttpResponse> answers_;
  std::vector<Asked> asked_;
};

/// The value of a header of a request; empty when it has none.
inline std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const auto& [header, value] : request.headers) {
    if (header == name) return value;
  }
  return "";
}

}  // namespace peko::cloud

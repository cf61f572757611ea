#include "cli/node_admin.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <boost/json.hpp>
#include <thread>

namespace peko::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How long a node may take to answer; longer than it works on one refresh.
constexpr milliseconds kAnswerTime{15'000};

/// A text member; empty when there is none.
std::string text_of(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::uint64_t number_of(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  if (value == nullptr) return 0;
  if (value->is_uint64()) return value->get_uint64();
  return value->is_int64() && value->get_int64() > 0 ? static_cast<std::uint64_t>(value->get_int64()) : 0;
}

/// The function's entry; null when the node does not have it. Invalid: not what nodes say.
Result<const boost::json::object*> entry_of(const boost::json::value& answer, std::string_view function) {
  const boost::json::object* root = answer.if_object();
  const boost::json::value* list = root == nullptr ? nullptr : root->if_contains("functions");
  const boost::json::array* functions = list == nullptr ? nullptr : list->if_array();
  if (functions == nullptr) return fail(Code::Invalid, "its answer is not a list of functions");
  for (const boost::json::value& value : *functions) {
    const boost::json::object* entry = value.if_object();
    if (entry != nullptr && text_of(*entry, "name") == function) return entry;
  }
  return nullptr;
}

/// One node, asked until it has the change.
class Asking {
 public:
  Asking(cloud::HttpTransport& http, std::string url, const std::string& token, const Awaited& awaited,
         const Patience& patience)
      : http_(http), url_(std::move(url)), token_(token), awaited_(awaited), patience_(patience) {}

  Confirmation run() {
    const auto deadline = steady_clock::now() + patience_.timeout;
    std::string last;
    do {
      const NodeState state = ask(deadline);
      if (state.is == NodeState::Is::Reached) return {.url = url_, .problem = {}};
      if (state.is == NodeState::Is::Failed) return {.url = url_, .problem = state.why};
      last = state.why;
      pause();
    } while (steady_clock::now() < deadline);
    return {.url = url_,
            .problem = fmt::format("not after {} s: {}",
                                   std::chrono::duration_cast<std::chrono::seconds>(patience_.timeout).count(), last)};
  }

 private:
  /// A node tells nobody when it is done: all there is to wait for is time.
  void pause() const { ::poll(nullptr, 0, static_cast<int>(patience_.pause.count())); }

  NodeState ask(steady_clock::time_point deadline) {
    const auto refreshed = send("POST", url_ + "/api/refresh", deadline);
    if (const auto bad = unusable(refreshed)) return *bad;
    const auto answer = send("GET", url_ + "/api/functions?name=" + awaited_.function, deadline);
    if (const auto bad = unusable(answer)) return *bad;
    NodeState state = judge_functions(answer->body, awaited_);
    // 202: it is not done with looking, so that a failure may be one of before.
    if (state.is == NodeState::Is::Failed && refreshed->status == 202) state.is = NodeState::Is::NotYet;
    return state;
  }

  Result<cloud::HttpResponse> send(std::string method, std::string url, steady_clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    cloud::HttpRequest request;
    request.method = std::move(method);
    request.url = std::move(url);
    if (!token_.empty()) request.headers.emplace_back("authorization", "Bearer " + token_);
    request.total_timeout = std::clamp(left, milliseconds(1'000), kAnswerTime);
    request.stall_timeout = request.total_timeout;
    return http_.send(request);
  }

  /// Nothing when the answer can be used.
  static std::optional<NodeState> unusable(const Result<cloud::HttpResponse>& answer) {
    using Is = NodeState::Is;
    if (!answer) {
      const bool hopeless = answer.error().code == Code::Invalid || answer.error().code == Code::Denied;
      return NodeState{.is = hopeless ? Is::Failed : Is::NotYet, .why = answer.error().message};
    }
    switch (answer->status) {
      case 200:
      case 202: return std::nullopt;
      case 401:
      case 403:
        return NodeState{.is = Is::Failed,
                         .why = "it refuses: set PEKO_ADMIN_TOKEN to its admin_token, and ask by an address"};
      case 404:
      case 405:
        return NodeState{.is = Is::Failed,
                         .why = "it has no /api/refresh: is this the admin listener of `peko serve`?"};
      default: return NodeState{.is = Is::NotYet, .why = fmt::format("it answers {}", answer->status)};
    }
  }

  cloud::HttpTransport& http_;
  std::string url_;
  const std::string& token_;
  const Awaited& awaited_;
  Patience patience_;
};

}  // namespace

Result<std::string> admin_url(std::string_view text) {
  std::string url(text);
  if (url.find("://") == std::string::npos) url.insert(0, "http://");
  while (url.ends_with('/')) url.pop_back();
  const bool scheme = url.starts_with("http://") || url.starts_with("https://");
  const std::string_view rest = scheme ? std::string_view(url).substr(url.find("://") + 3) : std::string_view();
  const bool plain = std::ranges::all_of(rest, [](char c) { return c > ' ' && c <= '~'; });
  if (rest.empty() || !plain || rest.find_first_of("/?#@") != std::string_view::npos) {
    return fail(Code::Invalid,
                fmt::format("\"{}\" is not the URL of an admin listener: write http://HOST:PORT, for instance "
                            "http://127.0.0.1:7070",
                            text));
  }
  return url;
}

NodeState judge_functions(std::string_view json, const Awaited& awaited) {
  using Is = NodeState::Is;
  boost::system::error_code malformed;
  const boost::json::value answer = boost::json::parse(json, malformed);
  if (malformed) return {.is = Is::NotYet, .why = "its answer is not JSON"};
  const Result<const boost::json::object*> entry = entry_of(answer, awaited.function);
  if (!entry) return {.is = Is::NotYet, .why = entry.error().message};
  if (*entry == nullptr) {
    if (!awaited.revision) return {.is = Is::Reached, .why = {}};
    return {.is = Is::NotYet, .why = "it does not know the function: does it read the same code store?"};
  }
  if (!awaited.revision) return {.is = Is::NotYet, .why = "it still has the function"};
  const std::string state = text_of(**entry, "state");
  const std::uint64_t revision = number_of(**entry, "revision");
  const std::string error = text_of(**entry, "error");
  if (state == "failed") return {.is = Is::Failed, .why = "it cannot load it: " + error};
  if (state == "not-loaded" || revision >= *awaited.revision) return {.is = Is::Reached, .why = {}};
  if (!error.empty()) {
    return {.is = Is::Failed, .why = fmt::format("it goes on with revision {}, because: {}", revision, error)};
  }
  return {.is = Is::NotYet, .why = fmt::format("it has revision {}, not {}", revision, *awaited.revision)};
}

std::vector<Confirmation> await_nodes(cloud::HttpTransport& http, std::span<const std::string> urls,
                                      const std::string& token, const Awaited& awaited, const Patience& patience) {
  std::vector<Confirmation> confirmations(urls.size());
  {
    std::vector<std::jthread> threads;
    threads.reserve(urls.size());
    for (std::size_t i = 0; i < urls.size(); ++i) {
      threads.emplace_back([&, i] { confirmations[i] = Asking(http, urls[i], token, awaited, patience).run(); });
    }
  }
  return confirmations;
}

}  // namespace peko::cli

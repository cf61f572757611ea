// `peko logs`: asks a node's admin listener what functions did, and shows it.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <csignal>
#include <functional>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/log_view.hpp"
#include "cli/node_admin.hpp"
#include "cli/shown_lines.hpp"
#include "cli/store_options.hpp"

namespace peko::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAnswerTime{10'000};
/// A node that is followed sends something each 5 s.
constexpr milliseconds kSilenceMax{20'000};
constexpr milliseconds kFollowTime = std::chrono::hours(24 * 365);
constexpr milliseconds kPauseMin{250};
constexpr milliseconds kPauseMax{5'000};
/// The longest line that a node may send: what a guest prints at once, all of it escaped, and some more.
constexpr std::size_t kLineBytesMax = 1U << 20U;
/// What a node remembers of one request, or the list of its functions.
constexpr std::size_t kAnswerBytesMax = 16U << 20U;
constexpr std::uint64_t kFollowedLines = 20;
/// As many as a node gives of what was: asked for when it is followed again.
constexpr std::uint64_t kMissedMax = 5'000;
/// A node gives what was at once.
constexpr milliseconds kMissedTime{5'000};

/// Nothing is lost when whoever follows has seen enough: what was shown is written.
void end_at_interrupt(int /*signal*/) { ::_exit(kExitOk); }

class Logs {
 public:
  Logs(const CommandLine& line, const Context& context, cloud::HttpTransport& http, std::string url, std::string token)
      : line_(line),
        words_(line.logs),
        context_(context),
        http_(http),
        url_(std::move(url)),
        token_(std::move(token)),
        view_({.form = edge::LogStyle::Form::Text, .colour = context.out.kind() == Terminal::Kind::Coloured}) {}

  Status run() {
    if (!words_.request.empty()) return show_request();
    if (!words_.function.empty()) {
      if (Status known = check_function(); !known) return known;
    }
    if (!words_.follow) return stream(path(""));
    struct sigaction end{};
    end.sa_handler = end_at_interrupt;
    ::sigaction(SIGINT, &end, nullptr);
    ::sigaction(SIGTERM, &end, nullptr);
    if (Status first = stream(path("&follow=1")); !first && !heard_) return first;
    return context_.out.closed() ? Status() : follow_again();
  }

 private:
  /// Goes on with a node that has stopped answering, as long as somebody reads.
  Status follow_again() {
    milliseconds pause = kPauseMin;
    for (;;) {
      heard_ = false;
      tell("the node does not answer any more; trying again");
      do {
        ::poll(nullptr, 0, static_cast<int>(pause.count()));
        pause = std::min(pause * 2, kPauseMax);
        const Status again = stream(path("&follow=1"));
        if (context_.out.closed()) return {};
        if (!again && is_hopeless(again.error())) return again;
      } while (!heard_);
      pause = kPauseMin;
    }
  }

  static bool is_hopeless(const Error& error) { return error.code == Code::Denied || error.code == Code::Invalid; }

  void tell(std::string_view what) const { context_.err.write(fmt::format("peko logs: {}\n", printable(what))); }

  /// With what was asked for. What was shown before is left out when it begins again.
  [[nodiscard]] std::string path(std::string_view more) const {
    std::string made = fmt::format("/api/logs?errors={}{}", words_.errors ? 1 : 0, more);
    if (!words_.function.empty()) made += "&function=" + words_.function;
    if (!words_.since.empty()) made += fmt::format("&since={}", seconds_of(words_.since).value_or(0));
    if (!shown_.empty()) return made += fmt::format("&limit={}", kMissedMax);  // all that came meanwhile
    const bool bounded = words_.lines > 0 || (words_.follow && words_.since.empty());
    if (bounded) made += fmt::format("&limit={}", words_.lines > 0 ? words_.lines : kFollowedLines);
    return made;
  }

  cloud::HttpRequest request(const std::string& target, milliseconds time) const {
    cloud::HttpRequest made;
    made.url = url_ + target;
    if (!token_.empty()) made.headers.emplace_back("authorization", "Bearer " + token_);
    made.total_timeout = time;
    made.stall_timeout = std::min(time, kSilenceMax);
    for (const std::string_view local : {"http://127.", "http://localhost", "http://[::1]"}) {
      if (url_.starts_with(local)) made.proxy = cloud::Proxy::Never;
    }
    return made;
  }

  /// The error of an answer that cannot be used.
  [[nodiscard]] Status judge(const Result<cloud::HttpResponse>& answer) const {
    if (!answer && (answer.error().code == Code::Unavailable || answer.error().code == Code::Deadline)) {
      return fail(Code::Unavailable,
                  fmt::format("no node answers at {} ({}): is one running there (`peko dev`, `peko serve`)? Name "
                              "another one's admin listener with --admin URL",
                              url_, answer.error().message));
    }
    if (!answer) return fail(answer.error());
    switch (answer->status) {
      case 200: return {};
      case 401: return fail(Code::Denied, "the node wants its admin token: set PEKO_ADMIN_TOKEN to its admin_token");
      case 403: return fail(Code::Denied, "the node refuses: ask it by an address (127.0.0.1), not by a name");
      case 404:
        return fail(Code::NotFound, why_of(*answer, "there is no log at " + url_ + ": is it an admin listener?"));
      default: return fail(Code::Unavailable, why_of(*answer, fmt::format("the node answers {}", answer->status)));
    }
  }

  /// What the node says is wrong.
  static std::string why_of(const cloud::HttpResponse& answer, std::string otherwise) {
    boost::system::error_code malformed;
    const boost::json::value value = boost::json::parse(answer.body, malformed);
    const boost::json::object* const said = malformed ? nullptr : value.if_object();
    const boost::json::value* const error = said == nullptr ? nullptr : said->if_contains("error");
    return error != nullptr && error->is_string() ? std::string(error->get_string()) : std::move(otherwise);
  }

  /// The whole answer to one question.
  Result<std::string> ask(const std::string& target) {
    std::string body;
    const Result<cloud::HttpResponse> answer =
        http_.send(request(target, kAnswerTime), [&body](std::string_view bytes) -> Status {
          if (body.size() + bytes.size() > kAnswerBytesMax) {
            return fail(Code::Invalid, fmt::format("the node answers with more than {} MiB", kAnswerBytesMax >> 20U));
          }
          body += bytes;
          return {};
        });
    if (Status good = judge(answer); !good) return fail(std::move(good.error()));
    return body;
  }

  Status show_request() {
    const Result<std::string> answer = ask("/api/requests/" + words_.request);
    if (!answer) return fail(answer.error());
    const Result<std::string> text = view_.request(*answer);
    if (!text) return fail(text.error());
    context_.out.write(line_.print_as == PrintAs::Json ? *answer : *text);
    return {};
  }

  /// A name that the node does not know is more likely a slip than a function without a log.
  Status check_function() {
    const Result<std::vector<std::string>> same = function_names("name=" + words_.function);
    if (!same) return fail(same.error());
    if (!same->empty()) return {};
    const Result<std::vector<std::string>> all = function_names("limit=10000");
    const auto near = all ? nearest(words_.function, *all) : std::nullopt;
    return fail(Code::NotFound, fmt::format("the node at {} has no function \"{}\"{}", url_, words_.function,
                                            near ? fmt::format("; did you mean {}?", *near) : std::string()));
  }

  Result<std::vector<std::string>> function_names(const std::string& query) {
    const Result<std::string> answer = ask("/api/functions?" + query);
    if (!answer) return fail(answer.error());
    boost::system::error_code malformed;
    const boost::json::value value = boost::json::parse(*answer, malformed);
    const boost::json::object* const root = malformed ? nullptr : value.if_object();
    const boost::json::value* const list = root == nullptr ? nullptr : root->if_contains("functions");
    if (list == nullptr || !list->is_array()) return fail(Code::Invalid, url_ + " is not an admin listener of Peko");
    std::vector<std::string> names;
    for (const boost::json::value& each : list->get_array()) {
      const boost::json::value* const name = each.is_object() ? each.get_object().if_contains("name") : nullptr;
      if (name != nullptr && name->is_string()) names.emplace_back(std::string_view(name->get_string()));
    }
    return names;
  }

  Status stream(const std::string& target) {
    std::string rest;
    Again again{.seen = shown_, .begun = context_.clock.now()};
    const auto take = [&](std::string_view bytes) -> Status {
      heard_ = true;
      rest += bytes;
      std::string shown;
      std::size_t begin = 0;
      for (std::size_t end = 0; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1) {
        if (Status good = show(std::string_view(rest).substr(begin, end - begin), again, shown); !good) return good;
      }
      rest.erase(0, begin);
      if (!shown.empty()) context_.out.write(shown);
      if (words_.follow && context_.out.closed()) return fail(Code::Unavailable, "nobody reads any more");
      if (rest.size() > kLineBytesMax) return fail(Code::Invalid, "the node sends a line that does not end");
      return {};
    };
    const Result<cloud::HttpResponse> answer =
        http_.send(request(target, words_.follow ? kFollowTime : kAnswerTime), take);
    return judge(answer);
  }

  /// What comes after a node broke off.
  struct Again {
    ShownLines seen;  ///< before
    std::chrono::steady_clock::time_point begun;
    std::uint64_t lines = 0;
    bool joined = false;  ///< what was seen before has come again: nothing is missing
  };

  Status show(std::string_view json, Again& again, std::string& shown) {
    if (json.empty()) return {};
    const Result<std::string> text = view_.line(json);
    if (!text) return fail(text.error());
    const std::string& time = view_.time();
    const std::size_t line = std::hash<std::string_view>{}(json);
    if (!again.seen.empty() && !time.empty()) {
      const bool seen = again.seen.covers(time, line);
      again.joined = again.joined || seen;
      const bool full = ++again.lines == kMissedMax && context_.clock.now() - again.begun < kMissedTime;
      if (full && !again.joined) tell("more happened meanwhile than the node gives at once: lines are missing here");
      if (seen) return {};
    }
    if (!time.empty()) shown_.add(time, line);
    shown += line_.print_as == PrintAs::Json ? std::string(json) + "\n" : *text;
    return {};
  }

  const CommandLine& line_;
  const LogWords& words_;
  const Context& context_;
  cloud::HttpTransport& http_;
  const std::string url_;
  const std::string token_;
  LogView view_;
  ShownLines shown_{kMissedMax};
  bool heard_ = false;  ///< since it was last asked
};

/// The admin listener of the settings, as it is reached from this machine.
std::string default_admin(const Settings& settings) {
  std::string address = settings.node.admin;
  for (const std::string_view any : {"0.0.0.0:", "[::]:"}) {
    if (address.starts_with(any)) address = "127.0.0.1:" + address.substr(any.size());
  }
  return address;
}

/// Invalid when what was asked for does not fit together.
Status check_words(const LogWords& words) {
  const auto plain = [](char c) {
    return std::string_view("-_.").contains(c) || std::isalnum(static_cast<unsigned char>(c));
  };
  if (!std::ranges::all_of(words.function, plain)) {
    return fail(Code::Invalid, fmt::format("\"{}\" is not the name of a function", words.function));
  }
  if (!std::ranges::all_of(words.request, plain)) {
    return fail(
        Code::Invalid,
        fmt::format("\"{}\" is not the id of a request: it is the peko-request-id of its response", words.request));
  }
  if (!words.request.empty() && (words.follow || words.errors || !words.since.empty() || words.lines > 0)) {
    return fail(Code::Invalid, "--request shows one request: it goes with no other choice");
  }
  if (words.since.empty()) return {};
  if (const Result<std::uint64_t> seconds = seconds_of(words.since); !seconds) return fail(seconds.error(), "--since");
  return {};
}

}  // namespace

int logs(const CommandLine& line, const Context& context) {
  const Result<Settings> settings = settings_of(line, context);
  if (!settings) return give_up(line, context, settings.error(), kExitUsage);
  if (Status good = check_words(line.logs); !good) return give_up(line, context, good.error(), kExitUsage);
  const std::string admin = line.logs.admin.empty() ? default_admin(*settings) : line.logs.admin;
  if (admin.empty()) {
    return give_up(line, context, "the settings say that the node has no admin listener: name one with --admin URL",
                   kExitUsage);
  }
  const Result<std::string> url = admin_url(admin);
  if (!url) return give_up(line, context, "--admin: " + url.error().message, kExitUsage);
  const Result<cloud::HttpTransport*> http = context.http();
  if (!http) return give_up(line, context, http.error());
  Logs command(line, context, **http, *url, settings->node.admin_token);
  if (const Status done = command.run(); !done) return give_up(line, context, done.error());
  return kExitOk;
}

}  // namespace peko::cli

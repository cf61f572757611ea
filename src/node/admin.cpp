#include "node/admin.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "base/hash.hpp"
#include "base/metrics_text.hpp"
#include "inspect/query.hpp"
#include "net/address.hpp"
#include "net/address_class.hpp"
#include "node/function_answers.hpp"

namespace peko::node {
namespace {

constexpr std::string_view kPages =
    "pages: / (for people), /metrics, /healthz/live, /healthz/ready, /api/functions, /api/functions/NAME, "
    "/api/requests, /api/requests/ID, /api/logs, /api/refresh\n";

// A scraper, a health checker, a person with curl: more than these wait their turn.
http::Limits admin_limits() {
  http::Limits limits;
  limits.head_bytes_max = 16U << 10U;
  limits.field_count_max = 64;
  limits.target_bytes_max = 1024;
  limits.connections_max = 64;
  limits.idle_timeout = std::chrono::seconds(10);  // whoever asks less often may connect again
  limits.head_timeout = std::chrono::seconds(5);
  limits.write_timeout = std::chrono::seconds(10);
  return limits;
}

constexpr std::string_view kPage = "/";
constexpr std::string_view kFunctions = "/api/functions";
constexpr std::string_view kFunction = "/api/functions/";
constexpr std::string_view kRefresh = "/api/refresh";

std::string_view path_of(const http::RequestHead& head) { return head.target.substr(0, head.target.find('?')); }

bool is_health(std::string_view path) { return path == "/healthz/live" || path == "/healthz/ready"; }

// A browser asks for a page of another site (Fetch Metadata), or one that is too old to say so has told an origin that
// is not ours.
bool is_cross_site(const http::RequestHead& head) {
  const std::string_view site = http::find(head.fields, "sec-fetch-site").value_or("");
  if (!site.empty() && site != "same-origin" && site != "none") {
    const bool followed =
        http::find(head.fields, "sec-fetch-mode").value_or("") == "navigate" && path_of(head) == kPage;
    return !followed;  // a link to the page may be anywhere
  }
  const std::string_view origin = http::find(head.fields, "origin").value_or("");
  if (origin.empty()) return false;
  const std::size_t host = origin.find("://");
  return host == std::string_view::npos || origin.substr(host + 3) != head.authority;
}

}  // namespace

AdminPages::AdminPages(net::Loop& loop, const NodeStatus& status, const LogSink& log, const Clock& clock,
                       std::string token)
    : loop_(loop),
      status_(status),
      log_(log),
      token_(std::move(token)),
      recent_(loop, status),
      inspector_(loop, clock) {}

bool AdminPages::has_token(const http::RequestHead& head) const {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = http::find(head.fields, "authorization").value_or("");
  return given.size() > kScheme.size() && http::iequals(given.substr(0, kScheme.size()), kScheme) &&
         same_secret(given.substr(kScheme.size()), token_);
}

std::optional<AdminPages::Reply> AdminPages::refusal(const http::RequestHead& head) const {
  const std::string_view path = path_of(head);
  if (is_health(path)) return std::nullopt;
  if (is_cross_site(head)) return Reply{.status = 403, .body = "pages of other sites are not answered\n"};
  if (token_.empty()) {
    if (net::is_numeric(head.authority)) return std::nullopt;
    return Reply{.status = 403, .body = "ask by an address (127.0.0.1) or localhost, not by a name\n"};
  }
  if (path == kPage || has_token(head)) return std::nullopt;
  return Reply{.status = 401,
               .body = "the admin token is missing or wrong: send \"authorization: Bearer TOKEN\"\n",
               .extra = {"www-authenticate", "Bearer"}};
}

AdminPages::Reply AdminPages::answer(const http::RequestHead& head) const {
  const std::string_view path = path_of(head);
  if (path == kRefresh) {
    if (head.method != "POST") return {.status = 405, .body = "only POST\n", .extra = {"allow", "POST"}};
    if (status_.phase() != Phase::Ready) return {.status = 503, .body = "the node is not ready\n"};
    return {.status = 404,
            .body = "this node has no code store to look at: `peko dev` reads its projects at its start\n"};
  }
  const bool looks = inspect::Inspector::knows(path) || path.starts_with(kFunction);
  if (!looks && !is_health(path) && path != kPage && path != "/metrics" && path != kFunctions) {
    return {.status = 404, .body = "no such page; " + std::string(kPages)};
  }
  if (head.method != "GET" && head.method != "HEAD") {
    return {.status = 405, .body = "only GET and HEAD\n", .extra = {"allow", "GET, HEAD"}};
  }
  if (looks) return {.status = 503, .body = "the node is not ready\n"};
  if (path == kPage) {
    return {.type = "text/html; charset=utf-8", .body = page_.html, .extra = {"content-security-policy", page_.policy}};
  }
  if (path == kFunctions) return functions(inspect::query_of(head.target));
  return health_or_metrics(path);
}

AdminPages::Reply AdminPages::health_or_metrics(std::string_view path) const {
  if (path == "/healthz/live") return {.body = "ok\n"};
  const Phase phase = status_.phase();
  if (path == "/metrics") return {.type = MetricsText::kContentType, .body = metrics_page(status_.view(), phase, log_)};
  switch (phase) {
    case Phase::Starting: return {.status = 503, .body = "starting\n"};
    case Phase::Ready: return {.body = "ok\n"};
    case Phase::Draining: break;
  }
  return {.status = 503, .body = "draining\n"};
}

AdminPages::Reply AdminPages::functions(std::string_view query) const {
  const Result<FunctionQuery> wanted = function_query(query);
  if (!wanted) return {.status = 400, .body = wanted.error().message + "\n"};
  return {.type = inspect::kJsonType, .body = function_list(status_.view(), recent_, *wanted)};
}

bool AdminPages::ask_loops(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const NodeView& node = status_.view();
  if ((head.method != "GET" && head.method != "HEAD") || node.loops == nullptr) return false;
  const std::string_view path = path_of(head);
  if (path.starts_with(kFunction)) {
    ask_function(exchange, path.substr(kFunction.size()));
    return true;
  }
  if (!inspect::Inspector::knows(path)) return false;
  inspector_.handle(exchange, {.loops = *node.loops, .traps = *node.traps});
  return true;
}

void AdminPages::ask_function(http::Exchange& exchange, std::string_view name) {
  using Parts = std::vector<VersionPart>;
  const NodeView& node = status_.view();
  std::optional<FunctionView> function = node.board->function(name);
  if (!function) {
    return inspect::send(exchange,
                         {.status = 404, .body = "there is no such function; /api/functions lists those that are\n"});
  }
  const edge::Router::Target target = function->target;
  inspector_.answer_by<Parts>(
      exchange, *node.loops, [target](std::size_t, const edge::Edge& edge) { return version_parts(edge, target); },
      [this, function = std::move(*function)](std::vector<std::optional<Parts>> parts) {
        std::vector<Parts> known;
        for (std::optional<Parts>& part : parts) known.push_back(std::move(part).value_or(Parts()));
        return Reply{.type = inspect::kJsonType, .body = function_page(status_.view(), recent_, function, known)};
      });
}

bool AdminPages::refresh(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  if (path_of(head) != kRefresh || head.method != "POST" || status_.phase() != Phase::Ready) return false;
  Refresher* const refresher = status_.view().refresher;
  if (refresher == nullptr) return false;
  std::erase_if(refreshing_, [](const auto& call) { return call->answered(); });
  refreshing_.push_back(RefreshCall::begin(exchange, loop_, *refresher));
  return true;
}

void AdminPages::stop() {
  for (const auto& call : refreshing_) call->abort();
  inspector_.stop();
}

void AdminPages::handle(http::Exchange& exchange) {
  if (std::optional<Reply> no = refusal(exchange.head())) return inspect::send(exchange, std::move(*no));
  if (refresh(exchange) || ask_loops(exchange)) return;
  inspect::send(exchange, answer(exchange.head()));
}

http::RejectionResponse AdminPages::reject(http::Rejection rejection, std::string_view detail) {
  static constexpr http::Field kType{"content-type", "text/plain; charset=utf-8"};
  rejection_.assign(detail).append("\n");
  return {.status = edge::info(edge::fault_of(rejection)).status, .fields = {&kType, 1}, .body = rejection_};
}

Admin::Admin(std::unique_ptr<net::Loop> loop, const NodeStatus& status, const LogSink& log, const Clock& clock,
             std::string token)
    : loop_(std::move(loop)), pages_(*loop_, status, log, clock, std::move(token)) {}

Result<std::unique_ptr<Admin>> Admin::start(const std::string& address, std::string token, const NodeStatus& status,
                                            const LogSink& log, const Clock& clock) {
  const Result<net::Address> parsed = net::Address::parse(address);
  if (!parsed) return fail(parsed.error(), "admin");
  if (token.empty() && net::classify(net::canonical_ip(*parsed)) != net::AddressClass::Loopback) {
    return fail(Code::Invalid, "the admin listener " + address +
                                   " can be reached from other machines, so it needs a token: set PEKO_ADMIN_TOKEN (or "
                                   "admin_token in peko-node.toml), or let it listen on 127.0.0.1");
  }
  Result<std::unique_ptr<net::Loop>> loop = net::Loop::create();
  if (!loop) return fail(std::move(loop.error()));
  std::unique_ptr<Admin> admin(new Admin(std::move(*loop), status, log, clock, std::move(token)));
  Result<std::unique_ptr<http::Server>> server =
      http::Server::start(*admin->loop_, address, http::Server::Sharing::First, admin->pages_, admin_limits());
  if (!server && server.error().code == Code::Conflict) {
    return fail(Code::Unavailable, address +
                                       " (the admin listener) is in use by another program, maybe another node: choose "
                                       "another with --admin HOST:PORT, or --admin off");
  }
  if (!server) return fail(std::move(server.error()), "admin");
  admin->server_ = std::move(*server);
  admin->address_ = address.substr(0, address.rfind(':') + 1) + std::to_string(admin->server_->port());
  admin->thread_ = std::thread([loop = admin->loop_.get()] {
    pthread_setname_np(pthread_self(), "peko-admin");
    loop->run();
  });
  return admin;
}

Admin::~Admin() {
  if (!thread_.joinable()) return;
  loop_->post([this] {
    pages_.stop();
    server_->close_all();
    loop_->stop();
  });
  thread_.join();
}

}  // namespace peko::node

#include "node/admin.hpp"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/hash.hpp"
#include "base/metrics_text.hpp"
#include "net/address.hpp"
#include "net/address_class.hpp"

namespace peko::node {
namespace {

constexpr std::string_view kPages = "pages: /metrics, /healthz/live, /healthz/ready, /api/functions, /api/refresh\n";

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

constexpr std::string_view kRefresh = "/api/refresh";

std::string_view path_of(const http::RequestHead& head) { return head.target.substr(0, head.target.find('?')); }

// The same when it names an address, or with a port that it left out.
bool is_numeric(std::string_view authority) {
  return net::Address::parse(authority).has_value() || net::Address::parse(std::string(authority) + ":80").has_value();
}

}  // namespace

AdminPages::AdminPages(net::Loop& loop, const NodeStatus& status, const LogSink& log, std::string token)
    : loop_(loop), status_(status), log_(log), token_(std::move(token)) {}

bool AdminPages::admits(const http::RequestHead& head) const {
  if (token_.empty()) return is_numeric(head.authority);
  constexpr std::string_view kScheme = "Bearer ";
  const std::string_view given = http::find(head.fields, "authorization").value_or("");
  return given.size() > kScheme.size() && http::iequals(given.substr(0, kScheme.size()), kScheme) &&
         same_secret(given.substr(kScheme.size()), token_);
}

AdminPages::Answer AdminPages::answer(const http::RequestHead& head) const {
  const std::string_view path = path_of(head);
  const bool health = path == "/healthz/live" || path == "/healthz/ready";
  if (!health && !admits(head)) {
    if (token_.empty()) return {.status = 403, .body = "ask by an address (127.0.0.1) or localhost, not by a name\n"};
    return {.status = 401,
            .body = "the admin token is missing or wrong: send \"authorization: Bearer TOKEN\"\n",
            .extra = {"www-authenticate", "Bearer"}};
  }
  if (path == kRefresh) {
    if (head.method != "POST") return {.status = 405, .body = "only POST\n", .extra = {"allow", "POST"}};
    if (status_.phase() != Phase::Ready) return {.status = 503, .body = "the node is not ready\n"};
    return {.status = 404,
            .body = "this node has no code store to look at: `peko dev` reads its projects at its start\n"};
  }
  if (!health && path != "/metrics" && path != "/api/functions") {
    return {.status = 404, .body = "no such page; " + std::string(kPages)};
  }
  if (head.method != "GET" && head.method != "HEAD") {
    return {.status = 405, .body = "only GET and HEAD\n", .extra = {"allow", "GET, HEAD"}};
  }
  if (path == "/healthz/live") return {.body = "ok\n"};
  const Phase phase = status_.phase();
  if (path == "/healthz/ready") {
    switch (phase) {
      case Phase::Starting: return {.status = 503, .body = "starting\n"};
      case Phase::Ready: return {.body = "ok\n"};
      case Phase::Draining: return {.status = 503, .body = "draining\n"};
    }
  }
  if (path == "/metrics") return {.type = MetricsText::kContentType, .body = metrics_page(status_.view(), phase, log_)};
  return functions(head.target.substr(std::min(path.size() + 1, head.target.size())));
}

// All functions, or those of ?name=.
AdminPages::Answer AdminPages::functions(std::string_view query) const {
  constexpr std::string_view kName = "name=";
  std::optional<std::string_view> name;
  if (query.starts_with(kName)) name = query.substr(kName.size());
  if (!name && !query.empty()) return {.status = 400, .body = "only ?name=FUNCTION is understood\n"};
  return {.type = "application/json", .body = function_list(status_.view(), name)};
}

bool AdminPages::refresh(http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  if (path_of(head) != kRefresh || head.method != "POST" || !admits(head) || status_.phase() != Phase::Ready) {
    return false;
  }
  Refresher* const refresher = status_.view().refresher;
  if (refresher == nullptr) return false;
  std::erase_if(refreshing_, [](const auto& call) { return call->answered(); });
  refreshing_.push_back(RefreshCall::begin(exchange, loop_, *refresher));
  return true;
}

void AdminPages::stop() {
  for (const auto& call : refreshing_) call->abort();
}

void AdminPages::handle(http::Exchange& exchange) {
  if (refresh(exchange)) return;
  Answer made = answer(exchange.head());
  const std::string length = std::to_string(made.body.size());
  const std::array<http::Field, 4> fields{
      {{"content-type", made.type}, {"content-length", length}, {"cache-control", "no-store"}, made.extra}};
  const std::size_t count = made.extra.name.empty() ? fields.size() - 1 : fields.size();
  exchange.send_head({.status = made.status, .fields = http::Fields(fields).first(count)});
  exchange.write(http::Chunk::of(std::move(made.body)));
  exchange.finish();
}

http::RejectionResponse AdminPages::reject(http::Rejection rejection, std::string_view detail) {
  static constexpr http::Field kType{"content-type", "text/plain; charset=utf-8"};
  rejection_.assign(detail).append("\n");
  return {.status = edge::info(edge::fault_of(rejection)).status, .fields = {&kType, 1}, .body = rejection_};
}

Admin::Admin(std::unique_ptr<net::Loop> loop, const NodeStatus& status, const LogSink& log, std::string token)
    : loop_(std::move(loop)), pages_(*loop_, status, log, std::move(token)) {}

Result<std::unique_ptr<Admin>> Admin::start(const std::string& address, std::string token, const NodeStatus& status,
                                            const LogSink& log) {
  const Result<net::Address> parsed = net::Address::parse(address);
  if (!parsed) return fail(parsed.error(), "admin");
  if (token.empty() && net::classify(net::canonical_ip(*parsed)) != net::AddressClass::Loopback) {
    return fail(Code::Invalid, "the admin listener " + address +
                                   " can be reached from other machines, so it needs a token: set PEKO_ADMIN_TOKEN (or "
                                   "admin_token in peko-node.toml), or let it listen on 127.0.0.1");
  }
  Result<std::unique_ptr<net::Loop>> loop = net::Loop::create();
  if (!loop) return fail(std::move(loop.error()));
  std::unique_ptr<Admin> admin(new Admin(std::move(*loop), status, log, std::move(token)));
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

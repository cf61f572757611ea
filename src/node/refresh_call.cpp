#include "node/refresh_call.hpp"

#include <array>
#include <string>
#include <utility>

#include "base/json.hpp"

namespace peko::node {

namespace {

void write_names(JsonWriter& json, std::string_view key, const std::vector<std::string>& names) {
  json.key(key).begin_array();
  for (const std::string& name : names) json.value(name);
  json.end_array();
}

}  // namespace

std::shared_ptr<RefreshCall> RefreshCall::begin(http::Exchange& exchange, net::Loop& loop, Refresher& refresher) {
  std::shared_ptr<RefreshCall> call(new RefreshCall(exchange, refresher));
  call->arm(loop.deadlines(), loop.now() + kPatience);
  refresher.refresh([&loop, call = std::weak_ptr(call)](Refreshed refreshed) {
    loop.post([call, refreshed = std::move(refreshed)] {
      if (const auto waiting = call.lock()) waiting->answer(refreshed.error ? 503 : 200, refreshed);
    });
  });
  return call;
}

void RefreshCall::abort() {
  if (exchange_ != nullptr) std::exchange(exchange_, nullptr)->abort();
  disarm();
}

void RefreshCall::expired() { answer(202, {}); }

void RefreshCall::answer(unsigned status, const Refreshed& refreshed) {
  if (exchange_ == nullptr) return;
  std::string body;
  JsonWriter json(body);
  json.begin_object().key("done").value(status == 200);
  if (refreshed.error) json.key("error").value(refreshed.error->message);
  write_names(json, "failed", refreshed.failed);
  write_names(json, "under_way", refresher_.under_way());
  json.end_object();
  body += '\n';
  const std::string length = std::to_string(body.size());
  const std::array<http::Field, 3> fields{
      {{"content-type", "application/json"}, {"content-length", length}, {"cache-control", "no-store"}}};
  http::Exchange& exchange = *std::exchange(exchange_, nullptr);
  exchange.send_head({.status = status, .fields = fields});
  exchange.write(http::Chunk::of(std::move(body)));
  exchange.finish();
  disarm();
}

}  // namespace peko::node

// How a Call finds the version that answers it, and waits for one that is not loaded.
#include <fmt/format.h>

#include <algorithm>

#include "edge/call.hpp"
#include "edge/edge.hpp"
#include "edge/version_choice.hpp"

namespace peko::edge {

namespace {

// Fetching and linking take well under a second, compiling some seconds; clients and load balancers wait longer.
constexpr std::chrono::seconds kLoadWait{10};

// Names, values, ": " and the line ends: as the client sent them.
std::size_t bytes_of(http::Fields fields) {
  std::size_t bytes = 0;
  for (const http::Field& field : fields) bytes += field.name.size() + field.value.size() + 4;
  return bytes;
}

}  // namespace

// Finds the version and goes on, or waits for it, or says why it will not be asked: all that can be refused before
// anything is started.
void Call::find_version(const http::RequestHead& head) {
  const std::optional<Router::Match> match = edge_.router_->find(head.authority, head.target);
  if (!match) return refuse(Fault::NoFunction, "");
  const FunctionTable::Slot& slot = edge_.functions_[match->function];
  if (match->version == 0 && slot.only != nullptr) {
    shelf_ = slot.only;
    function_ = slot.function.get();
    metrics_ = slot.metrics;
  } else if (!choose(*match, head)) {
    return;
  }
  if (shelf_->version().assets && ask_assets(head)) return;
  ask_function(head);
}

void Call::ask_function(const http::RequestHead& head) {
  if (const std::optional<Fault> fault = check(head)) return refuse(*fault, check_detail(*fault, head));
  admit(head);
}

// Whether there is a version at hand; else it waits for one, or has been answered.
bool Call::choose(const Router::Match& match, const http::RequestHead& head) {
  const FunctionTable::Look look = edge_.functions_.look(match, *this, edge_.loop_.now());
  function_ = look.function;
  metrics_ = &look.function->metrics;
  if (look.serving != nullptr) {
    const VersionChoice choice = choose_version(*look.serving, head.fields, edge_.random_);
    shelf_ = choice.shelf;
    several_ = look.serving->size() > 1 || match.version != 0;
    by_luck_ = choice.by_luck;
    return true;
  }
  if (look.waits) {
    wait_for_load(head);
  } else {
    refuse(look.fault, look.detail);
  }
  return false;
}

void Call::wait_for_load(const http::RequestHead& head) {
  loading_ = true;
  if (!head_copy_) head_copy_.emplace(head);
  exchange_->notify(&progress_);
  arm(edge_.loop_.deadlines(), started_ + kLoadWait);
}

void Call::changed(std::chrono::nanoseconds load) {
  disarm();
  loaded_at_ = edge_.clock_.now();
  const std::chrono::nanoseconds waited = loaded_at_ - started_;
  load_ = std::min(waited, load);
  fetch_ = waited - load_;
  progress_.set();
}

void Call::turn_loading() {
  if (expired_) {
    edge_.functions_.leave(*this);
    fetch_ = edge_.clock_.now() - started_;
    return refuse(Fault::Store,
                  fmt::format("waited {} ms for the function to be loaded", fetch_ / std::chrono::milliseconds(1)));
  }
  if (waits_for_load()) return;
  loading_ = false;
  find_version(head_copy_->head());
}

std::optional<Fault> Call::check(const http::RequestHead& head) const {
  const pool::Version& version = shelf_->version();
  if (!version.component) return Fault::BadComponent;
  if (head.target.size() > version.limits.uri_bytes) return Fault::UriTooLong;
  if (bytes_of(head.fields) > version.limits.request_header_bytes) return Fault::HeadersTooLarge;
  if (head.body_length.value_or(0) > version.limits.request_body_bytes) return Fault::BodyTooLarge;
  return std::nullopt;
}

std::string Call::check_detail(Fault fault, const http::RequestHead& head) const {
  const pool::Version& version = shelf_->version();
  switch (fault) {
    case Fault::BadComponent: return version.fault.substr(0, version.fault.find('\n'));
    case Fault::UriTooLong:
      return fmt::format("used {} bytes of {} bytes", head.target.size(), version.limits.uri_bytes);
    case Fault::HeadersTooLarge:
      return fmt::format("used {} bytes of {} KiB", bytes_of(head.fields), version.limits.request_header_bytes >> 10);
    case Fault::BodyTooLarge:
      return fmt::format("used {} bytes of {} MiB", head.body_length.value_or(0),
                         version.limits.request_body_bytes >> 20);
    default: return {};
  }
}

}  // namespace peko::edge

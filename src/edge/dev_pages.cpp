#include "edge/dev_pages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/json.hpp"
#include "edge/accept.hpp"
#include "edge/error_response.hpp"
#include "edge/page_files.hpp"
#include "net/deadline.hpp"

namespace peko::edge {

namespace {

constexpr std::string_view kScriptPath = "/.peko/live.js";
constexpr std::string_view kStreamPath = "/.peko/live";
constexpr std::string_view kFunctionQuery = "?function=";

// Sets an event when its time has come.
class Alarm final : public net::Deadline {
 public:
  explicit Alarm(net::Event& event) : event_(event) {}
  [[nodiscard]] bool rang() const { return rang_; }

 private:
  void expired() override {
    rang_ = true;
    event_.set();
  }
  net::Event& event_;
  bool rang_ = false;
};

void answer_text(http::Exchange& exchange, unsigned status, std::string_view type, std::string_view body) {
  const std::string length = std::to_string(body.size());
  const std::array<http::Field, 3> fields{
      {{"content-type", type}, {"content-length", length}, {"cache-control", "no-store"}}};
  exchange.send_head({.status = status, .fields = fields});
  exchange.write(http::Chunk::of(std::string(body)));
  exchange.finish();
}

// One event of a stream (HTML standard, 9.2): JSON has no line ends.
std::string event_of(std::string_view stamp, const BuildProblem* problem) {
  std::string text = "event: state\ndata: ";
  JsonWriter json(text);
  json.begin_object().key("state").value(stamp).key("problem");
  if (problem == nullptr) {
    json.null();
  } else {
    json.begin_object().key("number").value(problem->number).key("message").value(problem->message);
    json.key("file").value(problem->file).key("line").value(problem->line).key("column").value(problem->column);
    json.key("excerpt").value(problem->excerpt).end_object();
  }
  json.end_object();
  return text += "\n\n";
}

}  // namespace

// A page that is open and wants to know.
class DevPages::Stream final : private net::Deadline {
 public:
  Stream(DevPages& pages, http::Exchange& exchange) : changed(pages.loop_), pages_(pages) {
    exchange.notify(&changed);
    place_ = pages.streams_.insert(pages.streams_.end(), this);
    arm_next();
  }
  ~Stream() override { pages_.streams_.erase(place_); }

  bool take_beat() { return std::exchange(beat_, false); }

  net::Event changed;

 private:
  void arm_next() { arm(pages_.loop_.deadlines(), pages_.loop_.now() + kHeartbeat); }
  void expired() override {
    beat_ = true;
    changed.set();
    arm_next();
  }

  DevPages& pages_;
  std::list<Stream*>::iterator place_;
  bool beat_ = false;
};

DevPages::DevPages(net::Loop& loop, DevChannel& channel)
    : loop_(loop), channel_(channel), states_(channel.join(*this)), tasks_(loop) {}

DevPages::~DevPages() { channel_.leave(*this); }

void DevPages::dev_changed(std::shared_ptr<const DevStates> states) {
  loop_.post([this, states = std::move(states)]() mutable {
    states_ = std::move(states);
    for (Stream* const stream : streams_) stream->changed.set();
  });
}

DevState DevPages::state(std::string_view function) const {
  const auto known = states_->find(function);
  return known == states_->end() ? DevState() : known->second;
}

std::string DevPages::stamp(std::string_view function) const {
  return fmt::format("{}.{}", channel_.process(), state(function).changes);
}

std::shared_ptr<const BuildProblem> DevPages::problem(std::string_view function) const {
  return state(function).problem;
}

bool DevPages::answer(http::Exchange& exchange, std::string_view target) {
  if (channel_.live_reload() == LiveReload::Off) return false;
  const std::size_t query = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, query);
  if (path == kScriptPath) {
    answer_text(exchange, 200, "text/javascript; charset=utf-8", live_script());
    return true;
  }
  if (path != kStreamPath || !target.substr(query).starts_with(kFunctionQuery)) return false;
  if (ending_ || streams_.size() >= kStreamsMax) {
    answer_text(exchange, 503, "text/plain", "as many pages are open as may\n");
  } else {
    tasks_.spawn(stream(exchange, std::string(target.substr(query + kFunctionQuery.size()))));
  }
  return true;
}

net::Task<void> DevPages::stream(http::Exchange& exchange, std::string function) {
  constexpr std::array<http::Field, 3> kFields{
      {{"content-type", "text/event-stream"}, {"cache-control", "no-store"}, {"x-accel-buffering", "no"}}};
  exchange.send_head({.status = 200, .fields = kFields});
  const bool wants_body = exchange.head().method != "HEAD";
  std::optional<DevState> sent;
  {
    Stream stream(*this, exchange);
    while (wants_body && !ending_ && !exchange.gone()) {
      const DevState now = state(function);
      const bool news = !sent || sent->changes != now.changes || sent->problem != now.problem;
      if (news && exchange.writable()) {
        exchange.write(http::Chunk::of(event_of(stamp(function), now.problem.get())));
        sent = now;
      }
      if (stream.take_beat() && exchange.writable()) exchange.write(http::Chunk(":\n\n"));
      co_await stream.changed.wait();
    }
    exchange.notify(nullptr);
  }
  if (exchange.gone()) {
    exchange.abort();
  } else {
    exchange.finish();
  }
}

void DevPages::end_streams() {
  ending_ = true;
  for (Stream* const stream : streams_) stream->changed.set();
}

http::Exchange& DevPages::live(http::Exchange& exchange, std::string_view function) {
  const http::RequestHead& head = exchange.head();
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (channel_.live_reload() == LiveReload::Off || !reads || !wants_page(head.fields)) return exchange;
  std::string tag = "\n<script src=\"";
  tag.append(kScriptPath).append("\" data-function=\"");
  append_html(tag, function);
  tag.append("\" data-state=\"").append(stamp(function)).append("\" async></script>\n");
  return exchanges_.emplace_back(exchange, std::move(tag), exchanges_);
}

bool DevPages::is_live(const http::Exchange& exchange) const {
  return std::ranges::any_of(exchanges_, [&exchange](const LiveExchange& each) { return &each == &exchange; });
}

std::move_only_function<void(TrapReport)> DevPages::teller(const std::shared_ptr<AwaitedReport>& awaited) {
  return [loop = &loop_, awaited](TrapReport report) {
    loop->post([awaited, report = std::move(report)]() mutable {
      awaited->report = std::move(report);
      if (awaited->event != nullptr) awaited->event->set();
    });
  };
}

net::Task<void> DevPages::show(http::Exchange& exchange, FailedRequest failed, std::shared_ptr<AwaitedReport> awaited) {
  if (awaited) {
    net::Event told(loop_);
    Alarm alarm(told);
    exchange.notify(&told);
    alarm.arm(loop_.deadlines(), loop_.now() + kReportWait);
    awaited->event = &told;
    while (!awaited->report && !alarm.rang() && !exchange.gone()) co_await told.wait();
    awaited->event = nullptr;
    exchange.notify(nullptr);
    if (awaited->report) {
      failed.frames = std::move(awaited->report->frames);
      failed.source = std::move(awaited->report->source);
    }
  }
  if (exchange.gone()) {
    exchange.abort();
    co_return;
  }
  ErrorResponse response(failed.fault, failed.request_id, error_page(failed));
  exchange.send_head({.status = response.status(), .fields = response.fields()});
  exchange.write(response.take_body());
  exchange.finish();
}

}  // namespace peko::edge

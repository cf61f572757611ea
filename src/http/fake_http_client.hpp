/// For tests: an HTTP client whose responses the test writes by hand.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/client.hpp"

namespace peko::http {

/// One request as it was asked, and what the test lets come of it. Change it, then call progress->set().
struct FakeClientCall {
  std::string partition;
  Scheme scheme = Scheme::Http;
  std::string host;
  std::uint16_t port = 0;
  std::string method;
  std::string target;
  std::string authority;
  std::vector<std::pair<std::string, std::string>> fields;
  std::optional<std::uint64_t> body_length;
  std::chrono::nanoseconds connect_timeout{};
  std::chrono::nanoseconds first_byte_timeout{};
  std::chrono::nanoseconds between_bytes_timeout{};
  net::Event* progress = nullptr;

  bool writable = true;
  std::string written;
  bool finished = false;
  std::vector<std::pair<std::string, std::string>> request_trailers;
  bool dropped = false;  ///< the exchange has been destroyed

  std::optional<unsigned> status;
  std::vector<Field> response_fields;  ///< of static text
  std::string body;                    ///< what has not been consumed
  bool hands_over = false;             ///< it may be taken whole
  std::size_t consumed = 0;
  int handed_over = 0;  ///< how often
  BodyState body_state = BodyState::Open;
  std::vector<Field> trailers;  ///< of static text
  std::optional<ClientFault> fault;
};

class FakeHttpClient final : public Client {
 public:
  /// `changed` is set whenever the user of the client has done something.
  explicit FakeHttpClient(net::Event& changed) : changed_(changed) {}

  std::unique_ptr<ClientExchange> start(const ClientRequest& request, net::Event& progress) override {
    auto call = std::make_shared<FakeClientCall>();
    call->partition = request.partition;
    call->scheme = request.scheme;
    call->host = request.host;
    call->port = request.port;
    call->method = request.method;
    call->target = request.target;
    call->authority = request.authority;
    for (const Field& field : request.fields) call->fields.emplace_back(field.name, field.value);
    call->body_length = request.body_length;
    call->connect_timeout = request.connect_timeout;
    call->first_byte_timeout = request.first_byte_timeout;
    call->between_bytes_timeout = request.between_bytes_timeout;
    call->progress = &progress;
    call->writable = writable;
    call->hands_over = hands_over;
    calls.push_back(call);
    changed_.set();
    return std::make_unique<FakeExchange>(std::move(call), changed_);
  }

  std::vector<std::shared_ptr<FakeClientCall>> calls;
  bool writable = true;     ///< of calls that are started
  bool hands_over = false;  ///< likewise

 private:
  class FakeExchange final : public ClientExchange {
   public:
    FakeExchange(std::shared_ptr<FakeClientCall> call, net::Event& changed)
        : call_(std::move(call)), changed_(changed) {}
    ~FakeExchange() override {
      call_->dropped = true;
      call_->progress = nullptr;
      changed_.set();
    }
    bool writable() const override { return call_->writable; }
    void write(Chunk chunk) override {
      call_->written += chunk.bytes();
      changed_.set();
    }
    void finish(Fields trailers) override {
      call_->finished = true;
      for (const auto& [name, value] : trailers) call_->request_trailers.emplace_back(name, value);
      changed_.set();
    }
    std::optional<ClientFault> fault() const override { return call_->fault; }
    const ResponseHead* head() const override {
      if (!call_->status) return nullptr;
      head_ = {.status = *call_->status, .fields = call_->response_fields};
      return &head_;
    }
    std::span<const char> body() const override { return call_->body; }
    void consume(std::size_t n) override {
      call_->body.erase(0, n);
      call_->consumed += n;
      changed_.set();
    }
    Chunk take_body() override {
      if (!call_->hands_over) return {};
      call_->consumed += call_->body.size();
      call_->handed_over++;
      changed_.set();
      return Chunk::of(std::exchange(call_->body, {}));
    }
    BodyState body_state() const override { return call_->body_state; }
    Fields trailers() const override { return call_->trailers; }

   private:
    std::shared_ptr<FakeClientCall> call_;
    net::Event& changed_;
    mutable ResponseHead head_;
  };

  net::Event& changed_;
};

}  // namespace peko::http

/// The answers that Peko makes itself: status, peko-error, peko-request-id, and one line of text or JSON, or
/// a page of HTML.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "edge/accept.hpp"
#include "edge/fault.hpp"
#include "edge/version_text.hpp"
#include "http/exchange.hpp"
#include "http/message.hpp"

namespace peko::edge {

/// Whether clients are told why a function failed: only where they are the ones who write it.
enum class FaultDetail : std::uint8_t { Hide, Show };

/// Holds what its fields view. Built anew for each answer.
class ErrorResponse {
 public:
  /// `detail`: one more sentence, or empty. Both views must outlive it.
  ErrorResponse(Fault fault, std::string_view request_id, std::string_view detail, BodyFormat format);
  /// With a page of HTML made by others.
  ErrorResponse(Fault fault, std::string_view request_id, std::string page);
  ErrorResponse(const ErrorResponse&) = delete;
  ErrorResponse& operator=(const ErrorResponse&) = delete;

  /// Says which version failed: "v12". `version` outlives this.
  void add_version(std::string_view version) { add(kVersionField, version); }

  [[nodiscard]] unsigned status() const { return info(fault_).status; }
  [[nodiscard]] http::Fields fields() const { return {fields_.data(), field_count_}; }
  [[nodiscard]] std::string_view body() const { return body_; }
  /// The body, moved out to be sent whenever the client takes it.
  [[nodiscard]] http::Chunk take_body();

 private:
  void add_fields(std::string_view type, std::string_view request_id);
  void add(std::string_view name, std::string_view value) { fields_[field_count_++] = {name, value}; }

  Fault fault_;
  std::string body_;
  std::string length_;
  std::array<http::Field, 8> fields_;
  std::size_t field_count_ = 0;
};

}  // namespace peko::edge

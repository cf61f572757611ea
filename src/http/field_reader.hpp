/// FieldReader: the fields of a complete head by Beast's parser. Only for head_reader.cpp and response_head_reader.cpp,
/// so that nothing else includes Beast.
#pragma once

#include <algorithm>
#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "http/framing.hpp"
#include "http/grammar.hpp"
#include "http/head_scanner.hpp"
#include "http/message.hpp"

namespace peko::http {

namespace beast = boost::beast;
using BeastField = beast::http::field;
using BeastString = beast::string_view;
using BeastError = beast::error_code;

inline std::string_view view(BeastString text) { return {text.data(), text.size()}; }

inline Refusal bad(std::string_view detail) { return {Rejection::BadRequest, detail}; }

inline std::string_view describe(const BeastError& error) {
  using beast::http::error;
  if (error == error::bad_method) return "malformed method";
  if (error == error::bad_target) return "malformed request target";
  if (error == error::bad_version) return "malformed request line";
  if (error == error::bad_field) return "malformed field name";
  if (error == error::bad_value) return "malformed field value";
  if (error == error::bad_line_ending) return "carriage return without line feed";
  if (error == error::bad_content_length || error == error::multiple_content_length) return "malformed content-length";
  if (error == error::bad_transfer_encoding) return "ambiguous transfer-encoding";
  return "malformed head";
}

/// Beast's parser over one complete head, as a source of fields. A local variable: made for each head, allocates
/// nothing.
class FieldReader : public beast::http::basic_parser<true> {
 public:
  explicit FieldReader(std::span<char> text) : text_(text) {
    body_limit(boost::none);
    header_limit(static_cast<std::uint32_t>(text.size() + 1));
  }

  std::optional<Refusal> read() {
    BeastError error;
    const std::size_t used = put(boost::asio::const_buffer(text_.data(), text_.size()), error);
    if (refusal_) return refusal_;
    if (error) return bad(describe(error));
    if (used != text_.size() || !is_header_done()) return bad("malformed head");
    return std::nullopt;
  }

 protected:
  void refuse(Refusal refusal, BeastError& error) {
    refusal_ = refusal;
    error = beast::http::error::bad_value;
  }

  /// The same name, lower case, in place.
  std::string_view lower(BeastString name) {
    char* const begin = text_.data() + (name.data() - text_.data());
    for (std::size_t i = 0; i < name.size(); ++i) begin[i] = to_lower(begin[i]);
    return view(name);
  }

  std::span<char> text_;

 private:
  void on_request_impl(beast::http::verb, BeastString, BeastString, int, BeastError&) override {}
  void on_response_impl(int, BeastString, int, BeastError&) override {}
  void on_header_impl(BeastError&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(BeastString, BeastError&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, BeastString, BeastError&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastString, BeastError&) override { return 0; }
  void on_finish_impl(BeastError&) override {}

  std::optional<Refusal> refusal_;
};

/// The only value of a field that must not repeat.
struct Single {
  std::string_view value;
  unsigned count = 0;

  void add(BeastString text) {
    value = view(text);
    ++count;
  }
};

/// What the heads of requests and responses have in common: fields of the hop, which go no further, and the framing.
class MessageReader : public FieldReader {
 public:
  MessageReader(std::span<char> text, std::vector<Field>& fields) : FieldReader(text), fields_(fields) {}

 protected:
  /// Takes a field that is not of one kind of message only.
  void take(BeastField id, BeastString name, BeastString value, BeastError& error) {
    switch (id) {
      case BeastField::transfer_encoding: return transfer_encoding_.add(value);
      case BeastField::connection: return add_connection_options(view(value), error);
      case BeastField::keep_alive:
      case BeastField::proxy_connection:
      case BeastField::te:
      case BeastField::upgrade:
      case BeastField::http2_settings: return;
      case BeastField::content_length: content_length_.add(value); break;
      default: break;
    }
    fields_.push_back({lower(name), view(value)});
  }

  /// Drops the fields that the sender meant for this hop only (RFC 9110, 7.6.1).
  void drop_nominated() {
    if (nominated_count_ == 0) return;
    const auto nominated = std::span(nominated_).first(nominated_count_);
    std::erase_if(fields_, [&](const Field& field) {
      return std::ranges::any_of(nominated, [&](std::string_view option) { return iequals(option, field.name); });
    });
  }

  /// Whether the sender keeps the connection (RFC 9112, 9.3).
  bool keeps_connection(Version version) const { return !close_ && (version == Version::Http11 || keep_alive_); }

  /// What the fields say about the length of the body, whether it has one or not: Chunked, Length, or None when they
  /// say nothing. Whatever could be read in two ways is refused (RFC 9112, 6).
  std::optional<Refusal> conclude_framing(Version version, Framing& framing) const {
    framing = {};
    if (content_length_.count > 1) return bad("more than one content-length");
    if (transfer_encoding_.count > 0) {
      if (version != Version::Http11) return bad("transfer-encoding in HTTP/1.0");
      if (content_length_.count > 0) return bad("both content-length and transfer-encoding");
      if (transfer_encoding_.count > 1) return bad("more than one transfer-encoding");
      if (transfer_encoding_.value.empty()) return bad("empty transfer-encoding");
      if (!iequals(transfer_encoding_.value, "chunked")) {
        return Refusal{Rejection::NotImplemented, "the only supported transfer-encoding is chunked"};
      }
      framing.end = BodyEnd::Chunked;
    } else if (content_length_.count == 1) {
      framing.end = BodyEnd::Length;
      framing.content_length = parse_digits(content_length_.value);
      if (!framing.content_length) return bad("malformed content-length");
    }
    return std::nullopt;
  }

  std::vector<Field>& fields_;

 private:
  // Each option costs a look at every field; real clients send one or two.
  static constexpr std::size_t kNominatedMax = 16;

  void add_connection_options(std::string_view list, BeastError& error) {
    for_each_item(list, [&](std::string_view option) {
      if (iequals(option, "close")) {
        close_ = true;
      } else if (iequals(option, "keep-alive")) {
        keep_alive_ = true;
      } else if (nominated_count_ == kNominatedMax) {
        refuse({Rejection::HeadersTooLarge, "too many connection options"}, error);
      } else {
        nominated_[nominated_count_++] = option;
      }
    });
  }

  bool close_ = false;
  bool keep_alive_ = false;
  Single content_length_;
  Single transfer_encoding_;
  std::size_t nominated_count_ = 0;
  std::array<std::string_view, kNominatedMax> nominated_;
};

}  // namespace peko::http

#include "http/head_reader.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <cstring>

#include "http/grammar.hpp"

namespace peko::http {
namespace {

namespace beast = boost::beast;
using BeastField = beast::http::field;
using BeastString = beast::string_view;
using BeastError = beast::error_code;

constexpr std::string_view view(BeastString text) { return {text.data(), text.size()}; }

Refusal bad(std::string_view detail) { return {Rejection::BadRequest, detail}; }

std::string_view describe(const BeastError& error) {
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

class HeadReader final : public FieldReader {
 public:
  HeadReader(std::span<char> text, RequestHead& head, std::vector<Field>& fields)
      : FieldReader(text), head_(head), fields_(fields) {}

  /// What read() found, checked.
  std::optional<Refusal> conclude(HeadFacts& facts) {
    drop_nominated();
    head_.fields = fields_;
    head_.version = http11_ ? Version::Http11 : Version::Http10;
    facts.keep_alive = !close_ && (http11_ || keep_alive_);
    if (const auto refusal = conclude_authority()) return refusal;
    if (const auto refusal = conclude_target()) return refusal;
    if (const auto refusal = conclude_framing(facts)) return refusal;
    return conclude_expectation(facts);
  }

 private:
  // Each option costs a look at every field; real clients send one or two.
  static constexpr std::size_t kNominatedMax = 16;

  void on_request_impl(beast::http::verb, BeastString method, BeastString target, int version, BeastError&) override {
    head_.method = view(method);
    head_.target = view(target);
    http11_ = version == 11;
  }

  void on_field_impl(BeastField id, BeastString name, BeastString value, BeastError& error) override {
    switch (id) {
      case BeastField::host: return host_.add(value);
      case BeastField::transfer_encoding: return transfer_encoding_.add(value);
      case BeastField::connection: return add_connection_options(view(value), error);
      case BeastField::expect: return add_expectation(view(value));
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

  void add_expectation(std::string_view value) {
    expects_ = true;
    expects_other_ |= !iequals(value, "100-continue");
  }

  /// Drops the fields that the client meant for this hop only (RFC 9110, 7.6.1).
  void drop_nominated() {
    if (nominated_count_ == 0) return;
    const auto nominated = std::span(nominated_).first(nominated_count_);
    std::erase_if(fields_, [&](const Field& field) {
      return std::ranges::any_of(nominated, [&](std::string_view option) { return iequals(option, field.name); });
    });
  }

  std::optional<Refusal> conclude_authority() {
    head_.authority = {};
    if (host_.count > 1) return bad("more than one host field");
    if (host_.count == 0) return http11_ ? std::optional(bad("no host field")) : std::nullopt;
    const auto authority = parse_authority(host_.value);
    if (!authority) return bad("malformed host field");
    head_.authority = *authority;
    return std::nullopt;
  }

  /// The four forms of RFC 9112, 3.2. Leaves the origin form or "*" in the head.
  std::optional<Refusal> conclude_target() {
    head_.scheme = Scheme::Http;
    if (head_.method == "CONNECT") return Refusal{Rejection::NotImplemented, "CONNECT is not supported"};
    if (head_.target == "*") {
      return head_.method == "OPTIONS" ? std::nullopt : std::optional(bad("target * is for OPTIONS only"));
    }
    if (head_.target.front() != '/') {
      if (const auto refusal = take_absolute_form()) return refusal;
      if (head_.target == "*") return std::nullopt;
    }
    return is_path_and_query(head_.target) ? std::nullopt
                                           : std::optional(bad("illegal character in the request target"));
  }

  /// Takes scheme and authority off an absolute target; they win over the host field.
  std::optional<Refusal> take_absolute_form() {
    std::string_view rest = head_.target;
    const auto take = [&rest](std::string_view scheme) {
      if (!iequals(rest.substr(0, scheme.size()), scheme)) return false;
      rest.remove_prefix(scheme.size());
      return true;
    };
    if (take("https://")) {
      head_.scheme = Scheme::Https;
    } else if (!take("http://")) {
      return bad("malformed request target");
    }
    const std::size_t authority_bytes = std::min(rest.find_first_of("/?#"), rest.size());
    auto authority = parse_authority(rest.substr(0, authority_bytes));
    if (!authority) return bad("malformed authority in the request target");
    std::string_view target = rest.substr(authority_bytes);
    if (target.empty()) {
      target = head_.method == "OPTIONS" ? "*" : "/";
    } else if (target.front() == '?') {
      // The path is empty: the authority moves over the slash before it and leaves one byte for the path's own slash.
      char* const begin = text_.data() + (authority->data() - text_.data());
      std::memmove(begin - 1, begin, authority_bytes);
      authority = std::string_view(begin - 1, authority->size());
      begin[authority_bytes - 1] = '/';
      target = std::string_view(target.data() - 1, target.size() + 1);
    }
    head_.authority = *authority;
    head_.target = target;
    return std::nullopt;
  }

  /// How long the body is (RFC 9112, 6). Whatever could be read in two ways is refused.
  std::optional<Refusal> conclude_framing(HeadFacts& facts) {
    facts.chunked = false;
    head_.body_length = 0;
    if (content_length_.count > 1) return bad("more than one content-length");
    if (transfer_encoding_.count > 0) {
      if (!http11_) return bad("transfer-encoding in HTTP/1.0");
      if (content_length_.count > 0) return bad("both content-length and transfer-encoding");
      if (transfer_encoding_.count > 1) return bad("more than one transfer-encoding");
      if (transfer_encoding_.value.empty()) return bad("empty transfer-encoding");
      if (!iequals(transfer_encoding_.value, "chunked")) {
        return Refusal{Rejection::NotImplemented, "the only supported transfer-encoding is chunked"};
      }
      facts.chunked = true;
      head_.body_length.reset();
    } else if (content_length_.count == 1) {
      head_.body_length = parse_digits(content_length_.value);
      if (!head_.body_length) return bad("malformed content-length");
    }
    return std::nullopt;
  }

  /// RFC 9110, 10.1.1: expectations of HTTP/1.0 are ignored.
  std::optional<Refusal> conclude_expectation(HeadFacts& facts) {
    facts.expects_continue = false;
    if (!expects_ || !http11_) return std::nullopt;
    if (expects_other_) return Refusal{Rejection::ExpectationFailed, "unknown expectation"};
    facts.expects_continue = head_.body_length != 0;
    return std::nullopt;
  }

  RequestHead& head_;
  std::vector<Field>& fields_;
  bool http11_ = false;
  bool close_ = false;
  bool keep_alive_ = false;
  bool expects_ = false;
  bool expects_other_ = false;
  Single host_;
  Single content_length_;
  Single transfer_encoding_;
  std::size_t nominated_count_ = 0;
  std::array<std::string_view, kNominatedMax> nominated_;
};

class TrailerReader final : public FieldReader {
 public:
  TrailerReader(std::span<char> text, std::vector<Field>& fields) : FieldReader(text), fields_(fields) {}

 private:
  void on_field_impl(BeastField id, BeastString name, BeastString value, BeastError& error) override {
    if (id == BeastField::content_length || id == BeastField::transfer_encoding) {
      return refuse(bad("framing field in the trailers"), error);
    }
    if (is_forbidden_in_trailers(view(name))) return;
    fields_.push_back({lower(name), view(value)});
  }

  std::vector<Field>& fields_;
};

}  // namespace

std::optional<Refusal> read_head(std::span<char> text, RequestHead& head, std::vector<Field>& fields,
                                 HeadFacts& facts) {
  fields.clear();
  HeadReader reader(text, head, fields);
  if (const auto refusal = reader.read()) return refusal;
  return reader.conclude(facts);
}

std::optional<Refusal> read_trailers(std::string& text, std::vector<Field>& fields) {
  fields.clear();
  if (text.empty()) return std::nullopt;
  // Beast reads fields only as part of a head, so the trailers become the fields of one.
  text.insert(0, "GET / HTTP/1.1\r\n");
  text += "\r\n";
  return TrailerReader(text, fields).read();
}

}  // namespace peko::http

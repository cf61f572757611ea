#include "http/head_reader.hpp"

#include <algorithm>
#include <cstring>

#include "http/field_reader.hpp"

namespace peko::http {
namespace {

class HeadReader final : public MessageReader {
 public:
  HeadReader(std::span<char> text, RequestHead& head, std::vector<Field>& fields)
      : MessageReader(text, fields), head_(head) {}

  /// What read() found, checked.
  std::optional<Refusal> conclude(HeadFacts& facts) {
    drop_nominated();
    head_.fields = fields_;
    head_.version = http11_ ? Version::Http11 : Version::Http10;
    facts.keep_alive = keeps_connection(head_.version);
    if (const auto refusal = conclude_authority()) return refusal;
    if (const auto refusal = conclude_target()) return refusal;
    if (const auto refusal = conclude_body(facts)) return refusal;
    return conclude_expectation(facts);
  }

 private:
  void on_request_impl(beast::http::verb, BeastString method, BeastString target, int version, BeastError&) override {
    head_.method = view(method);
    head_.target = view(target);
    http11_ = version == 11;
  }

  void on_field_impl(BeastField id, BeastString name, BeastString value, BeastError& error) override {
    if (id == BeastField::host) return host_.add(value);
    if (id == BeastField::expect) return add_expectation(view(value));
    take(id, name, value, error);
  }

  void add_expectation(std::string_view value) {
    expects_ = true;
    expects_other_ |= !iequals(value, "100-continue");
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

  std::optional<Refusal> conclude_body(HeadFacts& facts) {
    Framing framing;
    if (const auto refusal = conclude_framing(head_.version, framing)) return refusal;
    facts.chunked = framing.end == BodyEnd::Chunked;
    head_.body_length = facts.chunked ? std::nullopt : std::optional(framing.content_length.value_or(0));
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
  bool http11_ = false;
  bool expects_ = false;
  bool expects_other_ = false;
  Single host_;
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

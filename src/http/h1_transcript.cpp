#include "http/h1_transcript.hpp"

#include <memory>

namespace peko::http {
namespace {

std::string fields_text(Fields fields) {
  std::string text;
  for (const Field& field : fields) {
    text += text.empty() ? "{" : ", ";
    text.append(field.name).append(": ").append(field.value);
  }
  return text.empty() ? text : text + "}";
}

/// Runs one connection over bytes that arrive in pieces.
class Transcriber {
 public:
  Transcriber(const Limits& limits, const HeadCheck& check) : parser_(limits), check_(check) {}

  /// Adds the bytes that arrived. Returns false when the parser refused.
  bool arrive(std::string_view piece) {
    pending_.append(piece);
    for (;;) {
      const auto copy = std::make_unique<char[]>(pending_.size());
      pending_.copy(copy.get(), pending_.size());
      const std::span<char> input(copy.get(), pending_.size());
      const ParseStep step = parser_.feed(input);
      note(step);
      if (step.event == ParseEvent::Rejected) return false;
      pending_.erase(0, step.consumed);
      const bool ended = step.event != ParseEvent::NeedMore && parser_.state() == H1Parser::State::Complete;
      if (ended) end_request();
      if (step.event == ParseEvent::NeedMore || (ended && pending_.empty())) return true;
    }
  }

  std::string finish() {
    const bool between = parser_.state() == H1Parser::State::Head && pending_.empty();
    if (parser_.state() != H1Parser::State::Rejected) text_ += between ? "end" : "more";
    return std::move(text_);
  }

 private:
  void note(const ParseStep& step) {
    switch (step.event) {
      case ParseEvent::HeadDone: return begin_request();
      case ParseEvent::BodyData: body_ += step.body; return;
      case ParseEvent::Rejected:
        if (!request_.empty()) text_ += request_ + body_text() + " | ";
        text_ += std::to_string(status_of(step.rejection)) + " " + std::string(step.detail);
        return;
      default: return;
    }
  }

  void begin_request() {
    if (check_) check_(parser_);
    const RequestHead& head = parser_.head();
    request_.append(head.method).append(" ").append(head.target).append(" @").append(head.authority);
    if (const std::string fields = fields_text(head.fields); !fields.empty()) request_ += " " + fields;
    if (head.version == Version::Http10) flags_ += " 1.0";
    if (head.scheme == Scheme::Https) flags_ += " https";
    if (parser_.expects_continue()) flags_ += " expects";
    flags_ += parser_.keep_alive() ? " keep" : " close";
  }

  std::string body_text() const { return body_.empty() ? "" : " [" + body_ + "]"; }

  void end_request() {
    text_ += request_ + body_text();
    if (const std::string trailers = fields_text(parser_.trailers()); !trailers.empty()) text_ += " +" + trailers;
    text_ += flags_ + " | ";
    request_.clear();
    body_.clear();
    flags_.clear();
    parser_.reset();
  }

  H1Parser parser_;
  const HeadCheck& check_;
  std::string pending_;
  std::string text_;
  std::string request_;
  std::string body_;
  std::string flags_;
};

}  // namespace

std::string transcribe(std::string_view bytes, std::span<const std::size_t> cuts, const Limits& limits,
                       const HeadCheck& check) {
  Transcriber transcriber(limits, check);
  std::size_t begin = 0;
  for (const std::size_t cut : cuts) {
    if (!transcriber.arrive(bytes.substr(begin, cut - begin))) return transcriber.finish();
    begin = cut;
  }
  transcriber.arrive(bytes.substr(begin));
  return transcriber.finish();
}

unsigned status_of(Rejection rejection) {
  switch (rejection) {
    case Rejection::BadRequest: return 400;
    case Rejection::UriTooLong: return 414;
    case Rejection::HeadersTooLarge: return 431;
    case Rejection::HeadTimeout: return 408;
    case Rejection::UnsupportedVersion: return 505;
    case Rejection::NotImplemented: return 501;
    case Rejection::ExpectationFailed: return 417;
  }
  return 0;
}

}  // namespace peko::http

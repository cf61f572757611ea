#include "base/metrics_text.hpp"

#include <charconv>
#include <iterator>

#include "base/json.hpp"

namespace peko {
namespace {

std::string_view to_string(MetricsText::Kind kind) {
  switch (kind) {
    case MetricsText::Kind::Counter: return "counter";
    case MetricsText::Kind::Gauge: return "gauge";
    case MetricsText::Kind::Histogram: return "histogram";
  }
  return "untyped";
}

// Without an exponent, which people would have to translate.
void append_bound(std::string& out, std::chrono::nanoseconds bound) {
  char text[32];
  const double seconds = std::chrono::duration<double>(bound).count();
  out.append(text, std::to_chars(text, std::end(text), seconds, std::chars_format::fixed).ptr);
}

// A number of this format is a number of JSON, as long as it is finite.
void append_seconds(std::string& out, std::chrono::nanoseconds time) {
  append_json_number(out, std::chrono::duration<double>(time).count());
}

}  // namespace

void MetricsText::metric(std::string_view name, Kind kind, std::string_view help) {
  name_ = name;
  out_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name).append(" ");
  out_.append(to_string(kind)).append("\n");
}

void MetricsText::write_labels(Labels labels) {
  bool first = true;
  for (const Label& label : labels) {
    if (!first) out_ += ',';
    first = false;
    out_.append(label.name).append("=\"");
    for (const char c : label.value) {
      if (c == '\n') {
        out_ += "\\n";
        continue;
      }
      if (c == '"' || c == '\\') out_ += '\\';
      out_ += c;
    }
    out_ += '"';
  }
}

void MetricsText::begin(std::string_view suffix, Labels labels) {
  out_.append(name_).append(suffix);
  if (labels.size() != 0) {
    out_ += '{';
    write_labels(labels);
    out_ += '}';
  }
  out_ += ' ';
}

void MetricsText::write_sample(Labels labels, std::uint64_t value) {
  begin("", labels);
  append_json_number(out_, value);
  out_ += '\n';
}

void MetricsText::sample(Labels labels, double value) {
  begin("", labels);
  append_json_number(out_, value);
  out_ += '\n';
}

void MetricsText::write_histogram(Labels labels, std::span<const std::chrono::nanoseconds> bounds,
                                  std::span<const std::uint64_t> buckets, std::chrono::nanoseconds sum) {
  // The lines of the buckets differ in bound and count only.
  const std::size_t from = out_.size();
  out_.append(name_).append("_bucket{");
  write_labels(labels);
  out_.append(labels.size() == 0 ? "le=\"" : ",le=\"");
  start_.assign(out_, from);
  out_.resize(from);

  std::uint64_t count = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    count += buckets[i];
    out_ += start_;
    if (i < bounds.size()) {
      append_bound(out_, bounds[i]);
    } else {
      out_ += "+Inf";
    }
    out_ += "\"} ";
    append_json_number(out_, count);
    out_ += '\n';
  }
  begin("_sum", labels);
  append_seconds(out_, sum);
  out_ += '\n';
  begin("_count", labels);
  append_json_number(out_, count);
  out_ += '\n';
}

}  // namespace peko

#include "edge/head_copy.hpp"

#include "base/assert.hpp"

namespace peko::edge {

HeadCopy::HeadCopy(const http::RequestHead& head) : head_(head) {
  std::size_t size = head.method.size() + head.target.size() + head.authority.size();
  for (const http::Field& field : head.fields) size += field.name.size() + field.value.size();
  text_.reserve(size);
  head_.method = keep(head.method);
  head_.target = keep(head.target);
  head_.authority = keep(head.authority);
  fields_.reserve(head.fields.size());
  for (const http::Field& field : head.fields) {
    const std::string_view name = keep(field.name);
    fields_.push_back({name, keep(field.value)});
  }
  head_.fields = fields_;
}

std::string_view HeadCopy::keep(std::string_view text) {
  PEKO_ASSERT(text_.capacity() - text_.size() >= text.size(), "views into the text must not move");
  const std::size_t at = text_.size();
  text_.append(text);
  return std::string_view(text_).substr(at);
}

}  // namespace peko::edge

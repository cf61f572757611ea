/// Fuzzes H1Input. An input is a list of operations, two bytes each: a letter and what chooses a size.
///
/// Properties: what was received comes out in order, by whatever buffers it went, and what was handed over stays as it
/// is.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>

#include "base/assert.hpp"
#include "http/h1_input.hpp"
#include "net/buffer_pool.hpp"

namespace peko::http {
namespace {

using Expected = H1Input::Expected;

constexpr std::size_t kOperationsMax = 300;
constexpr std::size_t kRawMax = std::size_t{1} << 20;  // a parser bounds it
constexpr std::size_t kHeldMax = 20;                   // more than a stash has blocks
// '0' is the first.
constexpr std::array<std::size_t, 16> kSizes = {0,      1,      5,       1'000,   1'024,   1'025,   16'384,  16'385,
                                                65'535, 65'536, 131'071, 131'072, 131'073, 300'000, 524'287, 524'288};

std::string text(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

/// The input beside what it should hold.
class Model {
 public:
  void run(char operation, std::size_t size) {
    switch (operation) {
      case 'h': return receive(Expected::Head, size);
      case 'b': return receive(Expected::Body, size);
      case 'l': return receive(Expected::LongBody, size);
      case 'f': return take(3, size);  // behind the framing of a chunk
      case 't': return take(0, size);
      case 'd': return drop(size);
      case 'n': return begin();
      case 'c': return consume(size);
      case 'w': return take_whole();
      case 'r': return release();
      case 's': return input_.settle(Expected::Head);
      case 'k': return input_.settle(Expected::Body);
      case 'x': return clear();
      default: return;
    }
  }

  void check() const {
    PEKO_ASSERT(text(input_.body()) == body_, "the body is what was received");
    PEKO_ASSERT(text(input_.raw()) == raw_, "so is what the parser has not seen");
  }

  void check_held() const {
    for (const auto& [chunk, bytes] : held_) PEKO_ASSERT(chunk.bytes() == bytes, "what was handed over stays");
  }

 private:
  void receive(Expected expected, std::size_t size) {
    if (raw_.size() > kRawMax) return;
    const std::span<char> room = input_.room(expected);
    PEKO_ASSERT(!room.empty() || !body_.empty(), "only a body that nobody consumes leaves no room");
    const std::size_t count = std::min(size, room.size());
    for (char& byte : room.first(count)) byte = static_cast<char>(next_ = next_ * 5 + 1);
    raw_.append(room.data(), count);
    input_.received(count);
  }
  void take(std::size_t framing, std::size_t size) {
    if (raw_.size() <= framing) return;
    const std::size_t count = std::min(size, raw_.size() - framing);
    input_.take_body(std::string_view(input_.raw().data() + framing, count), framing + count);
    body_.append(raw_, framing, count);
    raw_.erase(0, framing + count);
  }
  void drop(std::size_t size) {
    const std::size_t count = std::min(size, raw_.size());
    input_.drop(count);
    raw_.erase(0, count);
  }
  void begin() {
    if (body_.empty()) input_.begin_body();
  }
  void consume(std::size_t size) {
    const std::size_t count = std::min(size, body_.size());
    input_.consume_body(count);
    body_.erase(0, count);
  }
  void take_whole() {
    Chunk chunk = input_.take_body_whole();
    if (chunk.bytes().empty()) return;
    PEKO_ASSERT(chunk.bytes() == body_ && raw_.empty(), "it is the whole body, alone in its memory");
    if (held_.size() == kHeldMax) release();
    held_.emplace_back(std::move(chunk), std::exchange(body_, {}));
  }
  void release() {
    if (!held_.empty()) held_.pop_front();
  }
  void clear() {
    input_.clear();
    body_.clear();
    raw_.clear();
  }

  net::BufferPool pool_;
  H1Input input_{pool_};
  std::string body_;
  std::string raw_;
  std::deque<std::pair<Chunk, std::string>> held_;
  unsigned next_ = 0;
};

void check(std::string_view operations) {
  Model model;
  for (std::size_t at = 0; at + 1 < operations.size() && at < 2 * kOperationsMax; at += 2) {
    const std::size_t choice = static_cast<unsigned char>(operations[at + 1] - '0') % kSizes.size();
    model.run(operations[at], kSizes[choice]);
    model.check();
  }
  model.check_held();
}

}  // namespace
}  // namespace peko::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Safety: bytes may be read as characters.
  peko::http::check(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}

#include "http/chunk_decoder.hpp"

#include <gtest/gtest.h>

#include <string>

namespace peko::http {
namespace {

constexpr std::size_t kTrailerBytes = 64;
constexpr std::size_t kTrailerCount = 2;

ChunkDecoder decoder() {
  ChunkDecoder decoder;
  decoder.reset(kTrailerBytes, kTrailerCount);
  return decoder;
}

TEST(ChunkDecoder, GivesDataAsViewsAndStopsBehindTheBody) {
  ChunkDecoder chunks = decoder();
  const std::string bytes = "3\r\nabc\r\n0\r\n\r\nnext";
  const ChunkDecoder::Step data = chunks.feed(bytes);
  ASSERT_EQ(data.event, ChunkDecoder::Event::Data);
  EXPECT_EQ(data.data.data(), bytes.data() + 3);
  EXPECT_EQ(data.data, "abc");
  const ChunkDecoder::Step done = chunks.feed(std::string_view(bytes).substr(data.consumed));
  EXPECT_EQ(done.event, ChunkDecoder::Event::Done);
  EXPECT_EQ(data.consumed + done.consumed, bytes.size() - 4);
}

TEST(ChunkDecoder, ConsumesEveryByteOfTheFraming) {
  ChunkDecoder chunks = decoder();
  for (const char c : std::string_view("00;x\r\na: b\r\n\r")) {
    const ChunkDecoder::Step step = chunks.feed(std::string_view(&c, 1));
    EXPECT_EQ(step.event, ChunkDecoder::Event::NeedMore);
    EXPECT_EQ(step.consumed, 1U);
  }
  EXPECT_EQ(chunks.feed("\n").event, ChunkDecoder::Event::Done);
  EXPECT_EQ(chunks.trailer_text(), "a: b\r\n");
}

TEST(ChunkDecoder, BoundsTheExtensionsOfAllChunksTogether) {
  ChunkDecoder chunks = decoder();
  const std::string chunk = "1;" + std::string(ChunkDecoder::kExtensionMax, 'e') + "\r\nx\r\n";
  std::size_t whole_chunks = 0;
  std::string_view detail;
  while (detail.empty()) {
    std::string_view rest = chunk;
    while (!rest.empty() && detail.empty()) {
      const ChunkDecoder::Step step = chunks.feed(rest);
      rest.remove_prefix(step.consumed);
      detail = step.detail;
    }
    whole_chunks += detail.empty() ? 1 : 0;
  }
  EXPECT_EQ(detail, "chunk extensions are too long");
  EXPECT_EQ(whole_chunks, ChunkDecoder::kExtensionsMax / ChunkDecoder::kExtensionMax);
}

TEST(ChunkDecoder, BoundsBytesAndCountOfTrailers) {
  ChunkDecoder bytes = decoder();
  EXPECT_EQ(bytes.feed("0\r\n" + std::string(kTrailerBytes, 'x')).event, ChunkDecoder::Event::NeedMore);
  EXPECT_EQ(bytes.feed("x").event, ChunkDecoder::Event::TrailersTooLarge);
  ChunkDecoder count = decoder();
  EXPECT_EQ(count.feed("0\r\na:\r\nb:\r\n").event, ChunkDecoder::Event::NeedMore);
  EXPECT_EQ(count.feed("c:\r\n").event, ChunkDecoder::Event::TrailersTooLarge);
}

TEST(ChunkDecoder, StartsAfreshAfterReset) {
  ChunkDecoder chunks = decoder();
  ASSERT_EQ(chunks.feed("0\r\na: b\r\n\r\n").event, ChunkDecoder::Event::Done);
  chunks.reset(kTrailerBytes, kTrailerCount);
  ASSERT_EQ(chunks.feed("0\r\n\r\n").event, ChunkDecoder::Event::Done);
  EXPECT_EQ(chunks.trailer_text(), "");
}

}  // namespace
}  // namespace peko::http

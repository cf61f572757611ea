#include "base/log.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <set>
#include <string>

#include "base/fake_clock.hpp"
#include "base/unique_fd.hpp"

namespace peko {
namespace {

// A pipe whose reading end belongs to the test.
struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    reader = UniqueFd(ends[0]);
    writer = UniqueFd(ends[1]);
  }

  // What is in the pipe until it is closed.
  std::string read_all() {
    writer = UniqueFd();
    std::string all;
    char buffer[65536];
    for (ssize_t n = 0; (n = ::read(reader.get(), buffer, sizeof buffer)) > 0;)
      all.append(buffer, static_cast<std::size_t>(n));
    return all;
  }

  UniqueFd reader;
  UniqueFd writer;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (std::size_t end = 0; (end = text.find('\n', start)) != std::string::npos; start = end + 1) {
    lines.push_back(text.substr(start, end - start));
  }
  EXPECT_EQ(start, text.size()) << "the last line has no end";
  return lines;
}

std::string line(LogForm form, LogLevel level, std::string_view message) {
  std::string out;
  append_log_line(out, form, level, FakeClock().wall_now(), message);
  return out;
}

TEST(LogLine, HasATextAndAJsonForm) {
  EXPECT_EQ(line(LogForm::Text, LogLevel::Warn, "slow"), "2026-01-01T00:00:00.000Z warn  slow");
  EXPECT_EQ(line(LogForm::Text, LogLevel::Error, "bad"), "2026-01-01T00:00:00.000Z error bad");
  EXPECT_EQ(line(LogForm::Coloured, LogLevel::Error, "bad"), "2026-01-01T00:00:00.000Z \x1b[31merror\x1b[0m bad");
  EXPECT_EQ(line(LogForm::Json, LogLevel::Info, "a \"b\"\n"),
            R"({"ts":"2026-01-01T00:00:00.000Z","level":"info","msg":"a \"b\"\n"})");
}

TEST(LogLine, CannotBeFakedNorSteerATerminal) {
  EXPECT_EQ(line(LogForm::Text, LogLevel::Info, "a\nb\x1b[2J\r\tc\x7f"),
            "2026-01-01T00:00:00.000Z info  a\n    b\\x1b[2J\\x0d\tc\\x7f");
  EXPECT_EQ(line(LogForm::Text, LogLevel::Info, "end\n"), "2026-01-01T00:00:00.000Z info  end");
}

TEST(Timestamp, CountsFromBefore1970ToFarAway) {
  const auto text = [](std::chrono::milliseconds since) {
    std::string out;
    append_timestamp(out, std::chrono::system_clock::time_point(since));
    return out;
  };
  EXPECT_EQ(text(std::chrono::milliseconds(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(text(std::chrono::milliseconds(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(text(std::chrono::milliseconds(1'709'210'096'789)), "2024-02-29T12:34:56.789Z");
}

TEST(TextForm, IsPlainInAFile) {
  const Pipe pipe;
  EXPECT_EQ(text_form_for(pipe.writer.get()), LogForm::Text);
}

TEST(LogSink, WritesEveryLineOfEveryThread) {
  Pipe pipe;
  const SystemClock clock;
  std::string all;
  {
    auto sink = LogSink::start(pipe.writer.get(), {}, clock);
    std::thread reader([&] {
      char buffer[65536];
      for (ssize_t n = 0; (n = ::read(pipe.reader.get(), buffer, sizeof buffer)) > 0;)
        all.append(buffer, static_cast<std::size_t>(n));
    });
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&sink, t] {
        LogSink::Producer producer(*sink);
        for (int i = 0; i < 5000; ++i) {
          producer.append(std::to_string(t) + ":" + std::to_string(i));
          if (i % 7 == 0) producer.flush();
        }
      });
    }
    sink->write(LogLevel::Info, "from the side");
    for (auto& thread : threads) thread.join();
    sink->stop();
    EXPECT_EQ(sink->dropped(), 0U);
    pipe.writer = UniqueFd();
    reader.join();
  }
  const auto lines = lines_of(all);
  EXPECT_EQ(lines.size(), 20'001U);
  EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()).size(), 20'001U) << "a line is torn or doubled";
  std::vector<std::string> first;
  std::ranges::copy_if(lines, std::back_inserter(first), [](const auto& l) { return l.starts_with("0:"); });
  EXPECT_EQ(first.front(), "0:0");
  EXPECT_EQ(first.back(), "0:4999") << "a thread's lines keep their order";
}

TEST(LogSink, IgnoresWhatIsTooTalkative) {
  Pipe pipe;
  const FakeClock clock;
  auto sink = LogSink::start(pipe.writer.get(), {.level_max = LogLevel::Warn}, clock);
  sink->write(LogLevel::Info, "chatter");
  sink->write(LogLevel::Error, "trouble");
  {
    LogSink::Producer producer(*sink);
    producer.write(LogLevel::Debug, "more chatter");
    producer.write(LogLevel::Warn, "beware");
  }
  sink->stop();
  EXPECT_EQ(pipe.read_all(), "2026-01-01T00:00:00.000Z error trouble\n2026-01-01T00:00:00.000Z warn  beware\n");
}

TEST(LogSink, DropsAndCountsLinesWhenNobodyReads) {
  Pipe pipe;
  const FakeClock clock;
  auto sink = LogSink::start(pipe.writer.get(), {.queue_bytes_max = 100'000}, clock);
  constexpr std::size_t kLines = 10'000;
  {
    LogSink::Producer producer(*sink);
    for (std::size_t i = 0; i < kLines; ++i) {
      producer.append(std::string(99, 'x'));
      producer.flush();
    }
  }
  EXPECT_GT(sink->dropped(), kLines / 2) << "1 MB fits neither the queue nor the pipe";
  std::string all;
  std::thread reader([&] {
    all = std::string();
    char buffer[65536];
    for (ssize_t n = 0; (n = ::read(pipe.reader.get(), buffer, sizeof buffer)) > 0;)
      all.append(buffer, static_cast<std::size_t>(n));
  });
  sink->stop();
  pipe.writer = UniqueFd();
  reader.join();
  const auto lines = lines_of(all);
  const auto whole = static_cast<std::size_t>(std::ranges::count(lines, std::string(99, 'x')));
  EXPECT_EQ(whole + sink->dropped(), kLines) << "each line is written or counted";
  std::uint64_t reported = 0;
  for (const auto& l : lines) {
    const std::string_view prefix = "2026-01-01T00:00:00.000Z warn  ";
    if (!l.starts_with(prefix)) continue;
    std::uint64_t count = 0;
    std::from_chars(l.data() + prefix.size(), l.data() + l.size(), count);
    reported += count;
  }
  EXPECT_EQ(reported, sink->dropped());
}

TEST(LogSink, StopsAlthoughNobodyReads) {
  Pipe pipe;
  const FakeClock clock;
  auto sink = LogSink::start(pipe.writer.get(), {.stop_timeout = std::chrono::milliseconds(1)}, clock);
  for (int i = 0; i < 2000; ++i) sink->write(LogLevel::Info, std::string(1000, 'x'));
  sink->stop();
  EXPECT_GT(sink->dropped(), 0U);
}

TEST(LogSink, SurvivesAReaderThatLeaves) {
  Pipe pipe;
  const FakeClock clock;
  pipe.reader = UniqueFd();
  auto sink = LogSink::start(pipe.writer.get(), {}, clock);
  sink->write(LogLevel::Info, "nobody will read this");
  sink->stop();
  EXPECT_EQ(sink->dropped(), 1U);
  sink->write(LogLevel::Info, "nor this");
  EXPECT_EQ(sink->dropped(), 2U);
}

}  // namespace
}  // namespace peko

// What WASI gives a guest beside http, and what is read of a component without running it.
#include <algorithm>

#include "rig.hpp"

namespace peko::bridge_test {
namespace {

// wasi:sockets/network error-code
constexpr int kAccessDenied = 1;
constexpr int kPermanentResolverFailure = 20;

class Surface : public testing::Test {
 protected:
  std::string ask(std::string_view target) { return rig_.call(surface_, {.target = std::string(target)}).body; }

  Rig rig_;
  peko_component* surface_ = rig_.load("surface", {{"NAME", "value"}, {"EMPTY", ""}});
};

TEST_F(Surface, MixesVersionsOfOneInterface) {
  const std::string wasm = guest("surface");
  for (const std::string_view name :
       {"wasi:io/streams@0.2.0", "wasi:io/streams@0.2.12", "wasi:sockets/network@0.2.9"}) {
    EXPECT_NE(wasm.find(name), std::string::npos) << name;
  }
}

TEST_F(Surface, HasNoInputArgumentsFoldersOrTerminal) {
  EXPECT_EQ(ask("/stdin"), "closed");
  EXPECT_EQ(ask("/world"), "arguments 0, directories 0, terminal 0");
}

TEST_F(Surface, DeniesSocketsByTheirOwnError) {
  const std::string denied = "error-code " + std::to_string(kAccessDenied);
  EXPECT_EQ(ask("/tcp"), denied);
  EXPECT_EQ(ask("/udp"), denied);
  EXPECT_EQ(ask("/dns"), "error-code " + std::to_string(kPermanentResolverFailure));
}

TEST_F(Surface, HasClocksOfTheConfiguredResolution) {
  EXPECT_EQ(ask("/clock"), "monotonic 100000, wall 0 100000, offgrid 0");
}

TEST_F(Surface, HasTimersThatNeverFireEarly) {
  for (const std::string_view target :
       {"/sleep/0/10", "/sleep/1/10", "/sleep/99999/10", "/sleep/100000/10", "/sleep/1234567/20"}) {
    EXPECT_EQ(ask(target), "early 0") << target;
  }
}

TEST(Clocks, HaveTimersThatNeverFireEarlyHoweverCoarseTheyAre) {
  peko_engine_config config = serve_config();
  config.clock_resolution_ns = 7'000'001;
  Rig rig(config);
  peko_component* surface = rig.load("surface");
  EXPECT_EQ(rig.call(surface, {.target = "/sleep/3000000/10"}).body, "early 0");
  EXPECT_TRUE(rig.call(surface, {.target = "/clock"}).body.starts_with("monotonic 7000001, wall 0 7000001, offgrid "));
}

TEST_F(Surface, BoundsRandomBytesOfACallAndOfARequest) {
  rig_.limits.random_bytes = 2 << 20;
  EXPECT_EQ(ask("/random/1048576/2"), "bytes 2097152");
  EXPECT_EQ(ask("/insecure/32/1000"), "bytes 32000");
  for (const auto& [target, words] : {std::pair{"/random/1048577/1", "1048576 come in one call"},
                                      {"/random/4294967296/1", "asked wasi:random for 4294967296 bytes"},
                                      {"/insecure/18446744073709551615/1", "come in one call"},
                                      {"/random/1048576/3", "2097152 come in one request"},
                                      {"/insecure/65536/33", "2097152 come in one request"}}) {
    const Answer answer = rig_.call(surface_, {.target = target});
    EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_RESOURCES) << target << ": " << answer.message();
    EXPECT_NE(answer.message().find(words), std::string_view::npos) << answer.message();
    EXPECT_EQ(answer.instance, nullptr);
  }
}

TEST_F(Surface, HasTheEnvironmentAsConfiguration) {
  EXPECT_EQ(ask("/config/NAME"), "some value");
  EXPECT_EQ(ask("/config/EMPTY"), "some ");
  EXPECT_EQ(ask("/config/name"), "none");
  EXPECT_EQ(ask("/config"), "NAME=value\nEMPTY=\n");
}

TEST_F(Surface, HandsLogMessagesOverWithTheirLevel) {
  InvocationPtr call = rig_.start(surface_, {.target = "/log"});
  const std::uint64_t token = rig_.token(call.get());
  EXPECT_EQ(rig_.finish(std::move(call)).body, "logged");
  EXPECT_EQ(rig_.seen.log(token, PEKO_LOG_TRACE), "ctx: trace words");
  EXPECT_EQ(rig_.seen.log(token, PEKO_LOG_DEBUG), "ctx: debug words");
  EXPECT_EQ(rig_.seen.log(token, PEKO_LOG_INFO), "ctx: info words");
  EXPECT_EQ(rig_.seen.log(token, PEKO_LOG_WARN), "ctx: warn words");
  EXPECT_EQ(rig_.seen.log(token, PEKO_LOG_ERROR), "ctx: error words");
  EXPECT_EQ(rig_.seen.log(token, PEKO_LOG_CRITICAL), "critical words");
}

struct Place {
  std::size_t frame;
  std::string function;
  std::string file;
  std::uint32_t line;
};

std::vector<Place> symbolise(std::string_view wasm, std::span<const std::uint32_t> offsets) {
  std::vector<Place> places;
  const auto add = [](void* context, std::size_t frame, peko_str function, peko_str file, std::uint32_t line,
                      std::uint32_t) {
    static_cast<std::vector<Place>*>(context)->push_back(
        {frame, std::string(function.data, function.size), std::string(file.data, file.size), line});
  };
  // Safety: uint8_t may alias the bytes of a string.
  peko_symbolise(reinterpret_cast<const std::uint8_t*>(wasm.data()), wasm.size(), offsets.data(), offsets.size(),
                 &places, add);
  return places;
}

// The line of tests/guests/NAME.c that holds `words`.
std::uint32_t line_of(std::string_view source, std::string_view words) {
  const std::size_t at = source.find(words);
  EXPECT_NE(at, std::string_view::npos) << words;
  return 1 + static_cast<std::uint32_t>(std::ranges::count(source.substr(0, at), '\n'));
}

TEST(Symbols, NameFunctionFileAndLineOfEachFrameAndOfWhatIsInlined) {
  Rig rig;
  const Answer answer = rig.call(rig.load("backtrace"));
  EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_TRAP) << answer.message();
  ASSERT_GE(answer.stats.frame_count, 3U);
  const std::vector<Place> places = symbolise(guest("backtrace"), {answer.stats.frames, answer.stats.frame_count});
  ASSERT_GE(places.size(), 4U);
  const std::string source = source_of("backtrace");
  const auto expect = [&](std::size_t at, std::size_t frame, std::string_view function, std::string_view words) {
    EXPECT_EQ(places[at].frame, frame);
    EXPECT_EQ(places[at].function, function);
    EXPECT_TRUE(places[at].file.ends_with("backtrace.c")) << places[at].file;
    EXPECT_EQ(places[at].line, line_of(source, words)) << function;
  };
  expect(0, 0, "innermost", "= 0;");
  expect(1, 1, "inlined", "{ innermost(what); }");
  expect(2, 1, "outer_function", "inlined(what);");
  expect(3, 2, "handle", "outer_function(n < 2");
}

TEST(Symbols, AreNotFoundWhereThereAreNone) {
  Rig rig;
  const Answer answer = rig.call(rig.load("trap"));
  ASSERT_GT(answer.stats.frame_count, 0U);
  EXPECT_TRUE(symbolise(guest("trap"), {answer.stats.frames, answer.stats.frame_count}).empty());
}

TEST(Symbols, OfDamagedComponentsAreNoHarm) {
  const std::string wasm = guest("backtrace");
  std::vector<std::uint32_t> offsets;
  for (std::uint32_t offset = 0; offset < wasm.size(); offset += 97) offsets.push_back(offset);
  offsets.push_back(UINT32_MAX);
  for (std::size_t cut = 0; cut < wasm.size(); cut += 499) symbolise(std::string_view(wasm).substr(0, cut), offsets);
  std::uint32_t noise = 1;
  for (int i = 0; i < 200; i++) {
    std::string damaged = wasm;
    for (int flip = 0; flip < 20; flip++) {
      noise = noise * 1664525 + 1013904223;
      damaged[noise % damaged.size()] = static_cast<char>(noise >> 24);
    }
    symbolise(damaged, offsets);
  }
}

struct Item {
  std::uint32_t kind;
  std::string name;
  std::string nearest;
  bool operator==(const Item&) const = default;
};

struct Inspected {
  int result;
  std::vector<Item> items;
  std::string error;
};

Inspected inspect(std::string_view wasm) {
  Inspected inspected{};
  const auto add = [](void* context, std::uint32_t kind, peko_str name, peko_str nearest) {
    static_cast<std::vector<Item>*>(context)->push_back(
        {kind, std::string(name.data, name.size), std::string(nearest.data, nearest.size)});
  };
  peko_buf error{};
  // Safety: uint8_t may alias the bytes of a string.
  inspected.result = peko_component_inspect(reinterpret_cast<const std::uint8_t*>(wasm.data()), wasm.size(),
                                            &inspected.items, add, &error);
  inspected.error = take(error);
  return inspected;
}

TEST(Inspect, TellsWhatAComponentImportsAndExports) {
  const Inspected hello = inspect(guest("surface"));
  ASSERT_EQ(hello.result, 0) << hello.error;
  EXPECT_TRUE(std::ranges::all_of(
      hello.items, [](const Item& item) { return item.kind == PEKO_IMPORT_PROVIDED || item.kind == PEKO_EXPORT; }));
  const Item exported{PEKO_EXPORT, "wasi:http/incoming-handler@0.2.0", ""};
  EXPECT_EQ(std::ranges::count(hello.items, exported), 1);
  const Item unknown{PEKO_IMPORT_UNKNOWN, "foo:bar/baz@1.0.0", ""};
  EXPECT_EQ(std::ranges::count(inspect(guest("unknown-import")).items, unknown), 1);
}

// A component with a section of `count` imports of the name "a:b/c".
std::string with_imports(std::uint32_t count) {
  using namespace std::string_literals;
  const auto number = [](std::size_t value) {  // LEB128 of five bytes
    std::string bytes;
    for (int i = 0; i < 5; i++) bytes += static_cast<char>((value >> (7 * i) & 127) | (i < 4 ? 128 : 0));
    return bytes;
  };
  std::string imports = number(count);
  for (std::uint32_t i = 0; i < count; i++) imports += "\0\x05"s + "a:b/c" + "\x05\0"s;
  return "\0asm\x0d\0\x01\0\x07\x03\x01\x42\0\x0a"s + number(imports.size()) + imports;
}

TEST(Inspect, RefusesAFileThatCostsTooMuch) {
  EXPECT_EQ(inspect(with_imports(10'000)).items.size(), 10'000U);
  EXPECT_EQ(inspect(with_imports(10'001)).error, "it imports and exports more than 10000 things");
}

TEST(Inspect, SaysWhyItCannot) {
  const std::string wasm = guest("hello");
  EXPECT_EQ(inspect(wasm.substr(0, wasm.size() - 1)).error, "it is cut off");
  EXPECT_EQ(inspect(wasm.substr(0, 9)).error, "it is cut off");
  EXPECT_EQ(inspect("").error, "it is cut off");
  using namespace std::string_literals;
  EXPECT_EQ(inspect("\0asm\x01\0\0\0"s).error, "it is a core module");
  EXPECT_NE(inspect("\0asm\x0d\0\x01\0\xff\x01\x02\x03"s).result, 0);
  std::uint32_t noise = 7;
  for (int i = 0; i < 500; i++) {
    std::string damaged = wasm;
    noise = noise * 1664525 + 1013904223;
    damaged[8 + noise % (damaged.size() - 8)] = static_cast<char>(noise >> 24);
    const Inspected inspected = inspect(damaged);
    EXPECT_EQ(inspected.result != 0, !inspected.error.empty());
  }
}

}  // namespace
}  // namespace peko::bridge_test

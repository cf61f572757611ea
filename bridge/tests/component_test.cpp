// Engines, compiling and loading through the C header.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "rig.hpp"

namespace peko::bridge_test {
namespace {

// The same numbers are asserted in bridge/src/abi.rs.
static_assert(sizeof(peko_field) == 32);
static_assert(sizeof(peko_buf) == 16);
static_assert(sizeof(peko_engine_config) == 40);
static_assert(sizeof(peko_loop_hooks) == 64);
static_assert(sizeof(peko_limits) == 56);
static_assert(sizeof(peko_request_head) == 80);
static_assert(sizeof(peko_outbound_head) == 72);
static_assert(sizeof(peko_key_value_item) == 72);
static_assert(sizeof(peko_key_value_request) == 80);
static_assert(sizeof(peko_key_value_answer) == 48);
static_assert(sizeof(peko_response_head) == 16);
static_assert(sizeof(peko_chunk) == 48);
static_assert(sizeof(peko_stats) == 4256);
static_assert(offsetof(peko_stats, message) == 72);

struct Compiled {
  int result;
  std::string artifact;
  std::string error;
};

Compiled compile(const peko_engine* engine, std::string_view wasm) {
  peko_buf artifact{};
  peko_buf error{};
  // Safety: uint8_t may alias the bytes of a string.
  const int result = peko_component_compile(engine, reinterpret_cast<const std::uint8_t*>(wasm.data()), wasm.size(),
                                            &artifact, &error);
  return {result, take(artifact), take(error)};
}

Compiled recompile(const peko_engine* engine, std::string_view wasm, std::string& known) {
  peko_buf artifact{};
  peko_buf next{};
  peko_buf error{};
  // Safety: uint8_t may alias the bytes of a string.
  const int result = peko_component_recompile(engine, reinterpret_cast<const std::uint8_t*>(wasm.data()), wasm.size(),
                                              str(known), &artifact, &next, &error);
  known = take(next);
  return {result, take(artifact), take(error)};
}

struct Loaded {
  int result;
  ComponentPtr component;
  std::string error;
};

Loaded load(const peko_engine* engine, const char* path, const Fields& environment = {}) {
  peko_component* component = nullptr;
  peko_buf error{};
  const auto fields = views(environment);
  const int result = peko_component_load(engine, path, fields.data(), fields.size(), &component, &error);
  return {result, ComponentPtr(component), take(error)};
}

Loaded load_bytes(const peko_engine* engine, std::string_view artifact) {
  const TemporaryFile file(artifact);
  return load(engine, file.path());
}

TEST(Bridge, HasTheAbiOfItsHeader) { EXPECT_EQ(peko_bridge_abi(), PEKO_BRIDGE_ABI); }

TEST(Engine, RefusesSettingsThatCannotBe) {
  peko_engine_config config = serve_config();
  config.size = 4;
  peko_buf error{};
  EXPECT_EQ(peko_engine_new(&config, &error), nullptr);
  EXPECT_NE(take(error).find("4 bytes, 40 are expected"), std::string::npos);

  config = serve_config();
  config.stack_bytes = 1;
  EXPECT_EQ(peko_engine_new(&config, &error), nullptr);
  EXPECT_NE(take(error).find("stack_bytes"), std::string::npos);

  config = serve_config();
  config.clock_resolution_ns = 0;
  EXPECT_EQ(peko_engine_new(&config, &error), nullptr);
  EXPECT_NE(take(error).find("clock_resolution_ns"), std::string::npos);

  config = serve_config();
  config.max_instances = 100'000'000;
  EXPECT_EQ(peko_engine_new(&config, &error), nullptr);
  EXPECT_FALSE(take(error).empty());
}

TEST(Engine, HasOneIdForCompilingAndServing) {
  const auto compiling = make_engine(compile_config());
  const auto serving = make_engine(serve_config());
  const std::string id = engine_id(compiling.get());
  EXPECT_EQ(id, engine_id(serving.get()));
  EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-"), std::string::npos) << id;
  EXPECT_TRUE(id.starts_with("wasmtime-48.")) << id;
}

TEST(Compile, AgainMakesTheSameOfWhatIsKnown) {
  const auto engine = make_engine(compile_config());
  const std::string fresh = compile(engine.get(), guest("hello")).artifact;
  std::string known;
  EXPECT_EQ(recompile(engine.get(), guest("hello"), known).artifact, fresh);
  const std::string all = known;
  EXPECT_EQ(recompile(engine.get(), guest("hello"), known).artifact, fresh);
  EXPECT_EQ(known.size(), all.size()) << "nothing is made twice";

  for (const std::string_view damaged : {std::string_view(all).substr(0, all.size() - 1), std::string_view("text")}) {
    known = damaged;
    EXPECT_EQ(recompile(engine.get(), guest("hello"), known).artifact, fresh);
    EXPECT_EQ(known.size(), all.size());
  }

  known = all;
  const Compiled other = recompile(engine.get(), guest("echo"), known);
  EXPECT_EQ(other.artifact, compile(engine.get(), guest("echo")).artifact);
  known = all;
  EXPECT_EQ(recompile(engine.get(), "text", known).result, PEKO_LOAD_INVALID);
  EXPECT_EQ(known, "");
}

TEST(Compile, UsesWhatIsKnown) {
  const auto engine = make_engine(compile_config());
  const std::string wasm = guest("hello");
  std::string known;
  const auto cpu_of = [&] {
    const std::clock_t begin = std::clock();  // of all threads
    EXPECT_EQ(recompile(engine.get(), wasm, known).result, PEKO_LOAD_OK);
    return std::clock() - begin;
  };
  const std::clock_t first = cpu_of();
  EXPECT_LT(std::min({cpu_of(), cpu_of(), cpu_of()}) * 3, first * 2) << "most functions are not compiled again";
}

TEST(Compile, SaysWhatAFileIsInsteadOfAComponent) {
  const auto engine = make_engine(compile_config());
  const std::string component = guest("hello");
  using namespace std::string_literals;
  const std::pair<std::string, std::string> cases[] = {
      {"", "empty"},
      {"\0as"s, "truncated"},
      {"\0asm\x01\0\0\0"s, "core WebAssembly module"},
      {"(component)", "text"},
      {"<!doctype html>\n", "text"},
      {"\x7f"
       "ELF\x02\x01",
       "ELF"},
      {"\x01\x02\x03\x04\x05\x06\x07\x08", "does not begin with"},
  };
  for (const auto& [bytes, part] : cases) {
    const Compiled compiled = compile(engine.get(), bytes);
    EXPECT_EQ(compiled.result, PEKO_LOAD_INVALID) << part;
    EXPECT_NE(compiled.error.find(part), std::string::npos) << compiled.error;
    EXPECT_TRUE(compiled.artifact.empty());
  }
  for (std::size_t cut : {std::size_t{8}, component.size() / 3, component.size() - 1}) {
    const Compiled compiled = compile(engine.get(), component.substr(0, cut));
    // Eight bytes are an empty component: valid, and refused when it is loaded.
    if (cut > 8) EXPECT_EQ(compiled.result, PEKO_LOAD_INVALID) << cut;
    if (cut > 8) EXPECT_FALSE(compiled.error.empty());
  }
}

TEST(Compile, NeedsAnEngineWithACompiler) {
  const auto engine = make_engine(serve_config());
  const Compiled compiled = compile(engine.get(), guest("hello"));
  EXPECT_EQ(compiled.result, PEKO_LOAD_INTERNAL);
  EXPECT_NE(compiled.error.find("without a compiler"), std::string::npos);
}

TEST(Load, TakesAnArtifactOfTheCompilingEngineFromAnyPath) {
  const auto compiling = make_engine(compile_config());
  const auto serving = make_engine(serve_config());
  const Compiled compiled = compile(compiling.get(), guest("hello"));
  ASSERT_EQ(compiled.result, PEKO_LOAD_OK) << compiled.error;
  const TemporaryFile file(compiled.artifact);
  EXPECT_EQ(load(serving.get(), file.path()).result, PEKO_LOAD_OK);
  const int fd = ::open(file.path(), O_RDONLY | O_CLOEXEC);
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  EXPECT_EQ(load(serving.get(), path.c_str()).result, PEKO_LOAD_OK);
  ::close(fd);
}

TEST(Load, TellsWhatIsNoArtifactFromWhatIsAnotherEngines) {
  const auto compiling = make_engine(compile_config());
  const auto serving = make_engine(serve_config());
  const std::string artifact = compile(compiling.get(), guest("hello")).artifact;

  EXPECT_EQ(load(serving.get(), "/nowhere/at/all").result, PEKO_LOAD_INVALID);
  for (const std::string& bytes : {std::string(), std::string("text"), guest("hello"), artifact.substr(0, 100),
                                   artifact.substr(0, artifact.size() / 2)}) {
    const Loaded loaded = load_bytes(serving.get(), bytes);
    EXPECT_EQ(loaded.result, PEKO_LOAD_INVALID) << bytes.size();
    EXPECT_FALSE(loaded.error.empty());
    EXPECT_EQ(loaded.component, nullptr);
  }

  std::string forged = artifact;
  const std::size_t version = forged.find("+bridge-");
  ASSERT_NE(version, std::string::npos) << "the artifact carries wasmtime's version and the bridge's";
  forged[version + 1] = 'x';
  const Loaded loaded = load_bytes(serving.get(), forged);
  EXPECT_EQ(loaded.result, PEKO_LOAD_INCOMPATIBLE) << loaded.error;
  EXPECT_NE(loaded.error.find("incompatible version"), std::string::npos) << loaded.error;
}

TEST(Load, NamesTheImportsThatNobodyProvides) {
  const auto compiling = make_engine(compile_config());
  const Loaded loaded = load_bytes(compiling.get(), compile(compiling.get(), guest("unknown-import")).artifact);
  EXPECT_EQ(loaded.result, PEKO_LOAD_IMPORTS);
  EXPECT_EQ(loaded.error, "foo:bar/baz@1.0.0");
}

TEST(Load, NamesWhatAComponentOfAnotherWorldExports) {
  const auto compiling = make_engine(compile_config());
  const Loaded loaded = load_bytes(compiling.get(), compile(compiling.get(), guest("no-handler")).artifact);
  EXPECT_EQ(loaded.result, PEKO_LOAD_WORLD);
  EXPECT_NE(loaded.error.find("it exports run;"), std::string::npos) << loaded.error;
  using namespace std::string_literals;
  const Loaded empty = load_bytes(compiling.get(), compile(compiling.get(), "\0asm\x0d\0\x01\0"s).artifact);
  EXPECT_EQ(empty.result, PEKO_LOAD_WORLD);
  EXPECT_NE(empty.error.find("exports nothing"), std::string::npos) << empty.error;
}

TEST(Load, RefusesAComponentThatNoSlotCanHold) {
  const auto compiling = make_engine(compile_config());
  const std::string artifact = compile(compiling.get(), guest("big-memory")).artifact;
  peko_engine_config config = serve_config();
  config.memory_bytes_max = 16 << 20;
  const auto small = make_engine(config);
  const Loaded loaded = load_bytes(small.get(), artifact);
  EXPECT_EQ(loaded.result, PEKO_LOAD_INVALID);
  EXPECT_NE(loaded.error.find("too big for a slot"), std::string::npos) << loaded.error;
}

TEST(Load, RefusesAnEnvironmentThatIsNotText) {
  const auto compiling = make_engine(compile_config());
  const TemporaryFile file(compile(compiling.get(), guest("hello")).artifact);
  const Loaded loaded = load(compiling.get(), file.path(), {{"NAME", "\xff\xfe"}});
  EXPECT_EQ(loaded.result, PEKO_LOAD_INVALID);
  EXPECT_NE(loaded.error.find("UTF-8"), std::string::npos) << loaded.error;
}

}  // namespace
}  // namespace peko::bridge_test

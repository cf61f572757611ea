#include "code/deployment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace peko::code {
namespace {

using std::chrono::milliseconds;
using std::chrono::sys_days;
using testing::HasSubstr;

constexpr auto kTime = sys_days{std::chrono::year{2026} / 1 / 31} + milliseconds(45'296'789);

Deployment pointer() {
  return {.function = "hello",
          .revision = 7,
          .versions = {{12, 90}, {13, 10}},
          .secrets = {{"API_KEY", "s1.abc"}, {"B", ""}},
          .history = {{.revision = 7,
                       .change = "00112233aabbccdd",
                       .versions = {{12, 90}, {13, 10}},
                       .at = kTime,
                       .author = "ann@host",
                       .message = "try \"it\"\n\xc3\xa9"},
                      {.revision = 3,
                       .change = "ffffffffffffffff",
                       .versions = {},
                       .at = kTime - std::chrono::hours(1),
                       .author = "",
                       .message = ""}},
          .etag = {}};
}

VersionRecord version() {
  VersionRecord record{.number = 12,
                       .component = sha256("code"),
                       .component_size = 4,
                       .created = kTime,
                       .author = "ann@host",
                       .message = "first"};
  record.settings.name = "hello";
  record.settings.routes = {"api.example.com/v1/*"};
  record.settings.environment = {{"EMPTY", ""}, {"GREETING", "hi \xc3\xa9\n"}};
  record.settings.limits.cpu = milliseconds(2000);
  record.settings.limits.wall = milliseconds(0);
  record.settings.limits.memory_bytes = 256U << 20;
  record.settings.limits.keyvalue_bytes = 5U << 20;
  record.settings.stores = {"SESSIONS"};
  record.settings.outbound_allow = {*engine::OriginPattern::parse("https://*.example.com")};
  record.settings.reuse = Reuse::Never;
  record.settings.idle = std::chrono::seconds(30);
  return record;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what << " in " << text;
  return at == std::string::npos ? text : text.replace(at, what.size(), by);
}

struct Mistake {
  std::string_view what;
  std::string_view by;
  Code code;
  std::string_view message;
};

TEST(Deployment, ReadsBackThePointerThatItWrote) {
  const auto read = read_deployment(write_deployment(pointer()), "hello");
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->function, "hello");
  EXPECT_EQ(read->revision, 7U);
  ASSERT_EQ(read->versions.size(), 2U);
  EXPECT_EQ(read->versions[1].version, 13U);
  EXPECT_EQ(read->versions[1].weight, 10U);
  EXPECT_EQ(read->secrets, pointer().secrets);
  ASSERT_EQ(read->history.size(), 2U);
  EXPECT_EQ(read->history[0].at, kTime);
  EXPECT_EQ(read->history[0].author, "ann@host");
  EXPECT_EQ(read->history[0].message, pointer().history[0].message);
  EXPECT_EQ(read->history[1].revision, 3U);
  EXPECT_EQ(write_deployment(*read), write_deployment(pointer()));
}

TEST(Deployment, ReadsAPointerWithSecretsAloneAndOneWithoutOrder) {
  Deployment secrets_only = pointer();
  secrets_only.versions.clear();
  EXPECT_TRUE(read_deployment(write_deployment(secrets_only), "hello").has_value());
  Deployment unordered = pointer();
  std::swap(unordered.versions[0], unordered.versions[1]);
  EXPECT_EQ(read_deployment(write_deployment(unordered), "hello")->versions[0].version, 12U);
}

TEST(Deployment, NamesThePlaceOfEachMistakeInAPointer) {
  const Mistake mistakes[] = {
      {"{", "[", Code::Invalid, "functions/hello/current.json: it is no JSON"},
      {"\n", "{}", Code::Invalid, "it is no JSON"},
      {"\"format\":1", "\"format\":2", Code::Unsupported, "\"format\": this Peko knows format 1 alone"},
      {"\"format\":1,", "", Code::Invalid, "\"format\": is missing"},
      {"\"hello\"", "\"other\"", Code::Invalid, "\"function\": must be \"hello\""},
      {"\"revision\":7", "\"revision\":0", Code::Invalid, "\"revision\": must be an integer from 1"},
      {"\"revision\":7", "\"revision\":-1", Code::Invalid, "\"revision\": must be"},
      {"\"revision\":7", "\"revision\":7.0", Code::Invalid, "\"revision\": must be"},
      {"\"revision\":7", "\"revision\":18446744073709551615", Code::Invalid, "\"revision\": must be"},
      {"\"revision\":7", "\"revision\":\"7\"", Code::Invalid, "\"revision\": must be"},
      {"\"revision\":7", "\"revision\":8", Code::Invalid, "\"history[0].revision\": the newest entry"},
      {"\"revision\":3", "\"revision\":7", Code::Invalid, "\"history[1].revision\": the newest entry"},
      {"\"secrets\":", "\"weights\":1,\"secrets\":", Code::Unsupported, "does not know the field \"weights\""},
      {"\"weight\":90", "\"weight\":0", Code::Invalid, "\"versions[0].weight\": must be an integer from 1 to 100"},
      {"\"weight\":90", "\"weight\":90,\"x\":0", Code::Unsupported, "\"versions[0]\": this Peko does not know"},
      {"\"version\":13", "\"version\":12", Code::Invalid, "\"versions[1]\": names a version that was named before"},
      {"[{\"version\":12,\"weight\":90},{\"version\":13,\"weight\":10}]", "{}", Code::Invalid,
       "\"versions\": must be an array"},
      {"\"s1.abc\"", "5", Code::Invalid, "\"secrets.API_KEY\": must be a string"},
      {"API_KEY", "A=B", Code::Invalid, "\"A=B\" cannot be the name"},
      {"API_KEY", "A\\u0000B", Code::Invalid, "cannot be the name"},
      {"00112233aabbccdd", "00112233AABBCCDD", Code::Invalid, "\"history[0].change\": must be 16 hexadecimal digits"},
      {"T12:34:56.789Z", "T12:34:56Z", Code::Invalid, "\"history[0].at\": must be a time"},
      {"2026-01-31", "2026-02-31", Code::Invalid, "\"history[0].at\": must be a time"},
      {"2026-01-31", "9999-01-31", Code::Invalid, "\"history[0].at\": must be a time"},
      {"\"ann@host\"", "null", Code::Invalid, "\"history[0].author\": must be a string"},
      {"\"ann@host\"", "\"\xff\"", Code::Invalid, "it is no JSON"},
  };
  for (const Mistake& mistake : mistakes) {
    const auto read = read_deployment(replaced(write_deployment(pointer()), mistake.what, mistake.by), "hello");
    ASSERT_FALSE(read.has_value()) << mistake.what << " -> " << mistake.by;
    EXPECT_EQ(read.error().code, mistake.code) << read.error().message;
    EXPECT_THAT(read.error().message, HasSubstr(mistake.message));
    EXPECT_THAT(read.error().message, HasSubstr("functions/hello/current.json"));
  }
}

TEST(Deployment, BoundsWhatAPointerHolds) {
  Deployment five = pointer();
  five.versions = {{1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}};
  EXPECT_THAT(read_deployment(write_deployment(five), "hello").error().message, HasSubstr("has 5 elements"));
  Deployment chatty = pointer();
  chatty.history[0].message = std::string(kMessageBytesMax + 1, 'x');
  EXPECT_THAT(read_deployment(write_deployment(chatty), "hello").error().message, HasSubstr("history[0].message"));
  Deployment secretive = pointer();
  for (int i = 0; i < 4; ++i) {
    secretive.secrets.emplace_back("C" + std::to_string(i), std::string(80'000, 'x'));
  }
  EXPECT_THAT(read_deployment(write_deployment(secretive), "hello").error().message, HasSubstr("\"secrets\": has"));
  EXPECT_EQ(read_deployment(std::string(kRecordBytesMax + 1, ' '), "hello").error().code, Code::Invalid);
  EXPECT_EQ(read_deployment(std::string(100'000, '['), "hello").error().code, Code::Invalid);
}

TEST(Deployment, KnowsAScriptFromAComponent) {
  VersionRecord script = version();
  script.kind = CodeKind::Script;
  const std::string text = write_version(script);
  EXPECT_THAT(text, HasSubstr("\"script\":{\"sha256\":"));
  EXPECT_EQ(read_version(text, "hello", 12)->kind, CodeKind::Script);
  EXPECT_EQ(read_version(write_version(version()), "hello", 12)->kind, CodeKind::Component);
  EXPECT_EQ(code_key(script.kind, script.component), "scripts/" + hex(script.component) + ".js");
  EXPECT_EQ(code_key(CodeKind::Component, script.component), component_key(script.component));
  const std::string both = replaced(text, "\"created\"", "\"component\":{},\"created\"");
  EXPECT_EQ(read_version(both, "hello", 12).error().code, Code::Unsupported);
}

TEST(Deployment, ReadsBackTheAssetsOfAVersion) {
  VersionRecord record = version();
  record.assets = AssetsRecord{.index = {.hash = sha256("index"), .size = 5}, .files = 12, .bytes = 3000};
  const auto again = read_version(write_version(record), "hello", 12);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  ASSERT_TRUE(again->assets);
  EXPECT_EQ(again->assets->index, record.assets->index);
  EXPECT_EQ(again->assets->files, 12U);
  EXPECT_EQ(again->assets->bytes, 3000U);
  EXPECT_EQ(again->kind, CodeKind::Component);

  record.kind = CodeKind::None;
  record.component = {};
  record.component_size = 0;
  const auto alone = read_version(write_version(record), "hello", 12);
  ASSERT_TRUE(alone.has_value()) << alone.error().message;
  EXPECT_EQ(alone->kind, CodeKind::None);
  EXPECT_FALSE(read_version(replaced(write_version(record), hex(record.assets->index.hash), "12"), "hello", 12));
  EXPECT_FALSE(read_version(replaced(write_version(record), "\"files\":12", "\"files\":99999"), "hello", 12));
  record.assets.reset();
  EXPECT_FALSE(read_version(write_version(record), "hello", 12)) << "it has nothing at all";
}

TEST(Deployment, ReadsBackTheVersionThatItWrote) {
  const VersionRecord wrote = version();
  const auto read = read_version(write_version(wrote), "hello", 12);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(read->settings.name, "hello");
  EXPECT_EQ(read->settings.routes, wrote.settings.routes);
  EXPECT_EQ(read->settings.environment, wrote.settings.environment);
  for (const LimitRow& row : limit_table()) {
    EXPECT_EQ(row.get(read->settings), row.get(wrote.settings)) << row.key;
  }
  EXPECT_EQ(read->settings.stores, wrote.settings.stores);
  EXPECT_EQ(read->settings.outbound_allow, wrote.settings.outbound_allow);
  EXPECT_EQ(read->settings.reuse, Reuse::Never);
  EXPECT_EQ(read->settings.idle, wrote.settings.idle);
  EXPECT_EQ(read->number, 12U);
  EXPECT_EQ(read->component, wrote.component);
  EXPECT_EQ(read->component_size, 4U);
  EXPECT_EQ(read->created, kTime);
  EXPECT_EQ(read->message, "first");
  EXPECT_EQ(write_version(*read), write_version(wrote));
}

TEST(Deployment, ClipsTheLimitsOfAVersionAndFillsInThoseThatItDoesNotHave) {
  LimitsMax maxima;
  maxima.set(Limit::Memory, 64);
  maxima.set(Limit::Wall, 1000);
  const auto clipped = read_version(write_version(version()), "hello", 12, maxima);
  ASSERT_TRUE(clipped.has_value());
  EXPECT_EQ(clipped->settings.limits.memory_bytes, 64U << 20);
  EXPECT_EQ(clipped->settings.limits.wall, milliseconds(1000));
  EXPECT_EQ(clipped->settings.limits.cpu, milliseconds(2000));
  const auto older = read_version(replaced(write_version(version()), "\"memory_mb\":256,", ""), "hello", 12);
  ASSERT_TRUE(older.has_value()) << older.error().message;
  EXPECT_EQ(older->settings.limits.memory_bytes, Function().limits.memory_bytes);
}

TEST(Deployment, NamesThePlaceOfEachMistakeInAVersion) {
  const Mistake mistakes[] = {
      {"\"format\":1", "\"format\":7", Code::Unsupported, "\"format\""},
      {"\"number\":12", "\"number\":13", Code::Invalid, "\"number\": must be 12, as the key says"},
      {"\"hello\"", "\"Hello\"", Code::Invalid, "\"function\": must be \"hello\""},
      {"\"bytes\":4", "\"bytes\":0", Code::Invalid, "\"component.bytes\": must be an integer from 1"},
      {"\"sha256\":\"", "\"sha256\":\"x", Code::Invalid, "\"component.sha256\": has 65 bytes"},
      {"\"cpu_ms\":2000", "\"cpu_ms\":0", Code::Invalid, "\"settings.limits.cpu_ms\": must be an integer from 1"},
      {"\"cpu_ms\":2000", "\"gpu_ms\":2000", Code::Unsupported, "\"settings.limits.gpu_ms\": this Peko does not know"},
      {"\"routes\"", "\"paths\"", Code::Unsupported, "\"settings\": this Peko does not know the field \"paths\""},
      {"api.example.com/v1/*", "api.example.com", Code::Invalid, "\"settings.routes[0]\": \"api.example.com\" is not"},
      {"[\"api.example.com/v1/*\"]", "[\"a.b/*\",\"A.b/*\"]", Code::Invalid,
       "\"settings.routes[1]\": stands there twice"},
      {"https://*.example.com", "ftp://example.com", Code::Invalid, "\"settings.allow[0]\""},
      {"\"EMPTY\"", "\"\"", Code::Invalid, "cannot be the name of an environment variable"},
      {"\"hi ", "\"\\u0000hi ", Code::Invalid, "holds a zero byte"},
      {"\"never\"", "\"sometimes\"", Code::Invalid, "\"settings.reuse\": must be \"auto\" or \"never\""},
      {"\"idle_seconds\":30", "\"idle_seconds\":0", Code::Invalid, "\"settings.idle_seconds\""},
      {"\"created\":\"2026", "\"created\":\"1926", Code::Invalid, "\"created\": must be a time"},
  };
  for (const Mistake& mistake : mistakes) {
    const auto read = read_version(replaced(write_version(version()), mistake.what, mistake.by), "hello", 12);
    ASSERT_FALSE(read.has_value()) << mistake.what << " -> " << mistake.by;
    EXPECT_EQ(read.error().code, mistake.code) << read.error().message;
    EXPECT_THAT(read.error().message, HasSubstr(mistake.message));
    EXPECT_THAT(read.error().message, HasSubstr("versions/hello/12.json"));
  }
}

TEST(Deployment, NamesVersionsForPeopleAndReadsThem) {
  EXPECT_EQ(version_name(12), "v12");
  EXPECT_EQ(*parse_version_name("v12"), 12U);
  EXPECT_EQ(*parse_version_name("999999999"), kVersionMax);
  for (const std::string_view wrong :
       {"", "v", "v0", "0", "v01", "-1", "+1", "v1 ", "1000000000", "99999999999", "x1", "vv1"}) {
    EXPECT_EQ(parse_version_name(wrong).error().code, Code::Invalid) << wrong;
  }
}

TEST(Deployment, KeepsEachRouteInOneSegmentOfAKey) {
  EXPECT_EQ(route_key("api.example.com/v1/*", "hello"), "routes/api.example.com%2Fv1%2F%2A/hello");
  for (const std::string_view route : {"a.b/", "a.b/*", "a-b.c/x_y~z.%20/+=@", "a.b/\"'&;"}) {
    const std::string key = route_key(route, "f");
    EXPECT_EQ(*route_of_segment(key.substr(7, key.size() - 9)), route);
  }
  for (const std::string_view wrong : {"a%2fb", "a%", "a%2", "a%GG", "a/b", "%61", "a%+1", "a*"}) {
    EXPECT_EQ(route_of_segment(wrong).error().code, Code::Invalid) << wrong;
  }
}

}  // namespace
}  // namespace peko::code

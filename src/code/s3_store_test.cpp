#include "code/s3_store.hpp"

#include <gmock/gmock.h>

#include "base/hash.hpp"
#include "code/fake_s3.hpp"

namespace peko::code {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

const std::string kDate = "Thu, 01 Jan 2026 00:00:00 GMT";
const S3Location kElsewhere{.bucket = "code", .prefix = "", .endpoint = "http://127.0.0.1:9000", .region = "here"};

cloud::Headers object_headers(std::size_t size, const std::string& etag = "\"e1\"") {
  return {{"etag", etag}, {"last-modified", kDate}, {"content-length", std::to_string(size)}};
}
cloud::Headers range_headers(const std::string& range, const std::string& etag = "\"e1\"") {
  return {{"etag", etag}, {"last-modified", kDate}, {"content-length", "1"}, {"content-range", "bytes " + range}};
}
const cloud::Headers kPutAnswer = {{"etag", "\"e2\""}, {"date", kDate}};

std::string listing(const std::string& contents, const std::string& truncated = "false") {
  return "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>" +
         truncated + "</IsTruncated><EncodingType>url</EncodingType>" + contents + "</ListBucketResult>";
}
std::string entry(const std::string& key) {
  return "<Contents><Key>" + key + "</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>&quot;e-" + key +
         "&quot;</ETag><Size>7</Size></Contents>";
}

/// What a get() brings: the bytes, or "(message)".
std::string got(Store& store, const std::string& key, const ByteRange& range = {}) {
  std::string bytes;
  const auto result = store.get(
      key,
      [&](std::string_view piece) -> Status {
        bytes += piece;
        return {};
      },
      range);
  return result ? bytes : "(" + result.error().message + ")";
}

TEST(S3Store, AsksForObjectsByTheirNamesInTheBucketsHost) {
  FakeS3 s3;
  s3.then(200, object_headers(4));
  const auto info = s3.store()->stat("functions/a+b.wasm");
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->key, "functions/a+b.wasm");
  EXPECT_EQ(info->size, 4U);
  EXPECT_EQ(info->etag, "e1");
  EXPECT_EQ(info->modified, s3.clock.wall_now());
  EXPECT_EQ(s3.asked[0].method, "HEAD");
  EXPECT_EQ(s3.asked[0].url, "https://code.s3.us-east-1.amazonaws.com/peko/functions/a%2Bb.wasm");
  EXPECT_THAT(s3.sent(0, "authorization"), HasSubstr("Credential=AKIDEXAMPLE0/20260101/us-east-1/s3/aws4_request"));
}

TEST(S3Store, AddressesBucketsAsTheLocationSays) {
  struct Row {
    S3Location location;
    const char* url;
  };
  for (const Row& row : {
           Row{{.bucket = "my.code"}, "https://s3.us-east-1.amazonaws.com/my.code/k"},
           Row{{.bucket = "code", .region = "cn-north-1"}, "https://code.s3.cn-north-1.amazonaws.com.cn/k"},
           Row{{.bucket = "code", .style = S3Location::Style::Path}, "https://s3.us-east-1.amazonaws.com/code/k"},
           Row{{.bucket = "code", .endpoint = "http://127.0.0.1:9000/"}, "http://127.0.0.1:9000/code/k"},
           Row{{.bucket = "code", .endpoint = "https://r2.test", .style = S3Location::Style::Virtual},
               "https://code.r2.test/k"},
       }) {
    EXPECT_EQ(row.location.url("k", row.location.region.empty() ? "us-east-1" : row.location.region), row.url);
    EXPECT_TRUE(row.location.check());
  }
  EXPECT_EQ(kElsewhere.url("", "here"), "http://127.0.0.1:9000/code");
}

TEST(S3Store, RefusesLocationsThatAreNone) {
  for (const S3Location& wrong :
       {S3Location{.bucket = "a"}, S3Location{.bucket = "a/b"}, S3Location{.bucket = "a..b"},
        S3Location{.bucket = "code", .prefix = "a//b"}, S3Location{.bucket = "code", .prefix = std::string(200, 'a')},
        S3Location{.bucket = "code", .region = "evil.test/"}, S3Location{.bucket = "code", .endpoint = "ftp://x"},
        S3Location{.bucket = "code", .endpoint = "https://x/path"},
        S3Location{.bucket = "code", .endpoint = "https://user@x"}}) {
    const auto checked = wrong.check();
    ASSERT_FALSE(checked) << wrong.shown() << wrong.endpoint;
    EXPECT_EQ(checked.error().code, Code::Invalid);
  }
}

TEST(S3Store, ListsInPagesAndLeavesOutWhatIsNoKey) {
  FakeS3 s3;
  s3.then(200, {}, listing(entry("peko/a") + entry("peko/b%20c") + entry("peko/d%2Be"), "true"));
  s3.then(200, {}, listing(entry("peko/f"), "true"));
  const auto page = s3.store()->list("", "", 3);
  ASSERT_TRUE(page) << page.error().message;
  ASSERT_THAT(page->objects, SizeIs(3));
  EXPECT_EQ(page->objects[0].key, "a");
  EXPECT_EQ(page->objects[0].etag, "e-peko/a");
  EXPECT_EQ(page->objects[1].key, "d+e");
  EXPECT_EQ(page->objects[2].key, "f");
  EXPECT_EQ(page->next, "f");
  EXPECT_THAT(s3.asked[0].url, AllOf(HasSubstr("amazonaws.com/?"), HasSubstr("list-type=2"), HasSubstr("max-keys=3"),
                                     HasSubstr("prefix=peko%2F"), Not(HasSubstr("start-after"))));
  EXPECT_THAT(s3.asked[1].url, AllOf(HasSubstr("start-after=peko%2Fd%2Be"), HasSubstr("max-keys=1")));
}

TEST(S3Store, TakesNoListingThatIsNone) {
  const std::string bomb =
      "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]><ListBucketResult><IsTruncated>&b;"
      "</IsTruncated></ListBucketResult>";
  for (const std::string& xml :
       {std::string(), std::string("<html>"), std::string("<a/>"), bomb, listing("", "maybe"), listing("", "true"),
        listing(entry("other/a")), listing(entry("peko/b") + entry("peko/a")),
        listing(entry("peko/a") + entry("peko/a")), listing("<Contents/>"),
        listing("<Contents><Key>peko/a</Key><Size>-1</Size></Contents>"),
        listing("<Contents><Key>peko/%zz</Key></Contents>"), std::string(100'000, '<')}) {
    FakeS3 s3;
    s3.then(200, {}, xml);
    const auto page = s3.store()->list("", "", 1000);
    ASSERT_FALSE(page) << xml;
    EXPECT_EQ(page.error().code, Code::Unavailable) << page.error().message;
  }
}

TEST(S3Store, GoesOnWhereATransferBroke) {
  FakeS3 s3;
  s3.then_break(200, object_headers(8), "abc");
  s3.then_break(206, range_headers("3-7/8"), "de");
  s3.then(206, range_headers("5-7/8"), "fgh");
  EXPECT_EQ(got(*s3.store(), "k"), "abcdefgh");
  EXPECT_EQ(s3.sent(0, "range"), "");
  EXPECT_EQ(s3.sent(1, "range"), "bytes=3-");
  EXPECT_EQ(s3.sent(1, "if-match"), "\"e1\"");
  EXPECT_EQ(s3.sent(2, "range"), "bytes=5-");
}

TEST(S3Store, GoesOnAfterATransferThatTookLong) {
  FakeS3 s3;
  s3.then_break(200, object_headers(8), "abc", std::chrono::minutes(5));
  s3.then_break(206, range_headers("3-7/8"), "de", std::chrono::minutes(5));
  s3.then(206, range_headers("5-7/8"), "fgh");
  EXPECT_EQ(got(*s3.store(), "k"), "abcdefgh");
}

TEST(S3Store, MixesNoTwoObjects) {
  FakeS3 s3;
  s3.then_break(200, object_headers(8), "abc").then_error(412, "PreconditionFailed");
  EXPECT_THAT(got(*s3.store(), "k"), HasSubstr("replaced meanwhile"));
  s3.then_break(200, object_headers(8), "abc").then(206, range_headers("3-7/8", "\"e2\""), "defgh");
  EXPECT_THAT(got(*s3.store(), "k"), HasSubstr("replaced meanwhile"));
  s3.then_break(200, object_headers(8), "abc").then(200, object_headers(8), "abcdefgh");
  EXPECT_THAT(got(*s3.store(), "k"), HasSubstr("does not heed ranges"));
}

TEST(S3Store, ReadsRanges) {
  FakeS3 s3;
  s3.then(206, range_headers("2-4/8"), "cde");
  EXPECT_EQ(got(*s3.store(), "k", {.first = 2, .size = 3}), "cde");
  EXPECT_EQ(s3.sent(0, "range"), "bytes=2-4");
  s3.then(206, range_headers("6-7/8"), "gh");
  EXPECT_EQ(got(*s3.store(), "k", {.first = 6, .size = 30}), "gh");
  s3.then_error(416, "InvalidRange").then(200, object_headers(8));
  EXPECT_EQ(got(*s3.store(), "k", {.first = 8, .size = 1}), "");
  s3.then(206, range_headers("6-7/8"), "ghi");
  EXPECT_THAT(got(*s3.store(), "k", {.first = 6, .size = 2}), HasSubstr("more than it was asked for"));
  EXPECT_TRUE(s3.all_answers_were_used());
}

TEST(S3Store, TransfersNothingThatHasNotChanged) {
  FakeS3 s3;
  s3.then(304);
  const auto same = s3.store()->get("k", [](std::string_view) -> Status { return {}; }, {}, "e1");
  ASSERT_TRUE(same) << same.error().message;
  EXPECT_FALSE(same->has_value());
  EXPECT_EQ(s3.sent(0, "if-none-match"), "\"e1\"");
}

TEST(S3Store, SignsTheHashOfWhatItSends) {
  FakeS3 s3;
  s3.then(200, kPutAnswer);
  const auto info = put_object(*s3.store(), "k", "some bytes that are more than a piece");
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->etag, "e2");
  EXPECT_EQ(info->size, 37U);
  EXPECT_EQ(s3.bodies[0], "some bytes that are more than a piece");
  EXPECT_EQ(s3.sent(0, "x-amz-content-sha256"), hex(sha256("some bytes that are more than a piece")));
  EXPECT_THAT(s3.sent(0, "x-amz-meta-peko-put"), SizeIs(32));
}

/// Statuses and codes that are worth another attempt, and those that are not.
TEST(S3Store, RepeatsWhatFailedByChance) {
  for (const auto& [status, code] :
       std::initializer_list<std::pair<unsigned, const char*>>{{500, "InternalError"},
                                                               {502, ""},
                                                               {503, "SlowDown"},
                                                               {504, ""},
                                                               {429, "TooManyRequests"},
                                                               {400, "RequestTimeout"},
                                                               {409, "OperationAborted"},
                                                               {400, "BadDigest"},
                                                               {307, "TemporaryRedirect"}}) {
    FakeS3 s3;
    s3.then_error(status, code).then_error(status, code).then(200, object_headers(1));
    EXPECT_TRUE(s3.store()->stat("k")) << status << code;
    EXPECT_THAT(s3.pauses, SizeIs(2)) << status << code;
  }
  for (const Code code : {Code::Unavailable, Code::Deadline}) {
    FakeS3 s3;
    s3.then_fail(code).then(200, object_headers(1));
    EXPECT_TRUE(s3.store()->stat("k"));
  }
}

TEST(S3Store, SaysWhatIsNoUseToRepeat) {
  struct Row {
    unsigned status;
    const char* code;
    Code expected;
    const char* advice;
  };
  for (const Row& row :
       {Row{403, "AccessDenied", Code::Denied, "bucket policy"},
        Row{403, "SignatureDoesNotMatch", Code::Denied, "secret access key is wrong"},
        Row{404, "NoSuchBucket", Code::Invalid, "create the bucket"},
        Row{404, "NoSuchKey", Code::NotFound, "reading k"},
        Row{501, "NotImplemented", Code::Invalid, "conditional writes"},
        Row{405, "MethodNotAllowed", Code::Invalid, "no reason"}, Row{418, "", Code::Invalid, "418"}}) {
    FakeS3 s3;
    s3.then_error(row.status, row.code, {{"x-amz-request-id", "R17"}});
    const auto result = s3.store()->get("k", [](std::string_view) -> Status { return {}; });
    ASSERT_FALSE(result) << row.status;
    EXPECT_EQ(result.error().code, row.expected) << result.error().message;
    EXPECT_THAT(result.error().message, AllOf(StartsWith("s3://code/peko: reading k: "), HasSubstr(row.advice),
                                              HasSubstr(row.code), HasSubstr("request R17")));
    EXPECT_THAT(s3.pauses, IsEmpty());
  }
}

TEST(S3Store, PausesLongerAndLongerAndNotForEver) {
  FakeS3 s3;
  for (int i = 0; i < 8; ++i) s3.then_error(503, "SlowDown");
  const auto result = s3.store()->stat("k");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::Unavailable);
  EXPECT_THAT(result.error().message, HasSubstr("503 SlowDown"));
  ASSERT_THAT(s3.pauses, SizeIs(7));
  milliseconds longest{100};
  for (const milliseconds pause : s3.pauses) {
    EXPECT_LE(pause, longest);
    longest = std::min(longest * 2, milliseconds(5000));
  }
}

TEST(S3Store, ComesBackWhenAServerSaysSoButWaitsNoTimeThatIsSenseless) {
  FakeS3 s3;
  s3.then_error(503, "SlowDown", {{"retry-after", "2"}}).then_error(503, "SlowDown", {{"retry-after", "86400"}});
  s3.then_error(503, "SlowDown", {{"retry-after", "nonsense"}}).then(200, object_headers(1));
  EXPECT_TRUE(s3.store()->stat("k"));
  EXPECT_EQ(s3.pauses.at(0), milliseconds(2000));
  EXPECT_EQ(s3.pauses.at(1), milliseconds(10'000));
  EXPECT_LE(s3.pauses.at(2), milliseconds(400));
}

TEST(S3Store, BeginsNoAttemptAfterItsDeadline) {
  FakeS3 s3;
  for (int i = 0; i < 3; ++i) {
    s3.then([&](const cloud::HttpRequest&) -> Result<cloud::HttpResponse> {
      s3.clock.advance(std::chrono::seconds(11));
      return fail(Code::Deadline, "did nothing");
    });
  }
  const auto result = s3.store()->stat("k");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::Deadline);
  EXPECT_THAT(s3.asked, SizeIs(3));
}

TEST(S3Store, LearnsTheBucketsRegionOnce) {
  struct Row {
    unsigned status;
    const char* code;
  };
  for (const Row& row :
       {Row{301, "PermanentRedirect"}, Row{307, "TemporaryRedirect"}, Row{400, "AuthorizationHeaderMalformed"}}) {
    FakeS3 s3;
    s3.then_error(row.status, row.code, {{"x-amz-bucket-region", "eu-west-3"}});
    s3.then(200, object_headers(1)).then(200, object_headers(1));
    const auto store = s3.store();
    EXPECT_TRUE(store->stat("k")) << row.status;
    EXPECT_TRUE(store->stat("k"));
    EXPECT_THAT(s3.asked.at(2).url, StartsWith("https://code.s3.eu-west-3.amazonaws.com/"));
    EXPECT_THAT(s3.sent(2, "authorization"), HasSubstr("/eu-west-3/s3/"));
    EXPECT_THAT(s3.warnings, ElementsAre(HasSubstr("region=eu-west-3")));
  }
}

TEST(S3Store, LearnsTheRegionFromTheErrorsTextAndNoHostFromIt) {
  FakeS3 s3;
  s3.then(400, {}, "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-north-1</Region></Error>");
  s3.then(200, {}, listing(""));
  EXPECT_TRUE(s3.store()->list("", "", 10));
  EXPECT_THAT(s3.asked.at(1).url, StartsWith("https://code.s3.eu-north-1.amazonaws.com/"));

  s3.then(301, {{"x-amz-bucket-region", "evil.test/x"}, {"location", "https://evil.test/"}});
  const auto result = s3.store()->list("", "", 10);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::Invalid);
  EXPECT_THAT(s3.asked, SizeIs(3));
}

TEST(S3Store, SignsWithTheServicesTimeWhenOurClockIsWrong) {
  FakeS3 s3;
  s3.then_error(403, "RequestTimeTooSkewed", {{"date", "Thu, 01 Jan 2026 01:00:00 GMT"}}).then(200, {}, listing(""));
  EXPECT_TRUE(s3.store()->list("", "", 10));
  EXPECT_EQ(s3.sent(0, "x-amz-date"), "20260101T000000Z");
  EXPECT_EQ(s3.sent(1, "x-amz-date"), "20260101T010000Z");
  EXPECT_THAT(s3.warnings, ElementsAre(HasSubstr("wrong by 3600 s")));
}

TEST(S3Store, AsksForNewCredentialsOnceWhenTheyHaveExpired) {
  FakeS3 s3;
  s3.then_error(400, "ExpiredToken").then(200, {}, listing(""));
  EXPECT_TRUE(s3.store()->list("", "", 10));
  EXPECT_THAT(s3.sent(1, "authorization"), HasSubstr("AKIDEXAMPLE1/"));
  s3.then_error(400, "ExpiredToken").then_error(400, "ExpiredToken");
  const auto result = s3.store()->list("", "", 10);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::Denied);
  EXPECT_EQ(s3.refusals, 2);
}

TEST(S3Store, FindsOutWhyAHeadWasRefused) {
  FakeS3 s3;
  s3.then(403).then_error(403, "RequestTimeTooSkewed", {{"date", "Thu, 01 Jan 2026 01:00:00 GMT"}});
  s3.then(200, object_headers(1));
  EXPECT_TRUE(s3.store()->stat("k"));
  EXPECT_EQ(s3.asked.at(1).method, "GET");
  EXPECT_EQ(s3.sent(1, "range"), "bytes=0-0");
  EXPECT_EQ(s3.asked.at(2).method, "HEAD");
  s3.then(403).then_error(403, "AccessDenied");
  const auto result = s3.store()->stat("k");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("AccessDenied"));
}

TEST(S3Store, TellsTheLoserOfTwoWriters) {
  FakeS3 s3;
  s3.then_error(412, "PreconditionFailed");
  s3.then(200,
          {{"etag", "\"e9\""}, {"last-modified", kDate}, {"content-length", "3"}, {"x-amz-meta-peko-put", "other"}});
  const auto result = put_object(*s3.store(), "k", "abc", PutIf::unchanged("e1"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::Conflict);
  EXPECT_EQ(s3.sent(0, "if-match"), "\"e1\"");
  s3.then_error(404, "NoSuchKey").then(404);
  const auto gone = put_object(*s3.store(), "k", "abc", PutIf::unchanged("e1"));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::Conflict);
}

TEST(S3Store, KnowsItsOwnWriteAgainWhenItsAnswerWasLost) {
  FakeS3 s3;
  s3.then_fail(Code::Unavailable).then_error(412, "PreconditionFailed");
  s3.then([&](const cloud::HttpRequest&) {
    cloud::HttpResponse there{.status = 200, .headers = object_headers(3, "\"mine\"")};
    there.headers.emplace_back("x-amz-meta-peko-put", s3.sent(0, "x-amz-meta-peko-put"));
    return there;
  });
  const auto result = put_object(*s3.store(), "k", "abc", PutIf::absent());
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->etag, "mine");
  EXPECT_EQ(s3.sent(1, "if-none-match"), "*");
  EXPECT_EQ(s3.sent(0, "x-amz-meta-peko-put"), s3.sent(1, "x-amz-meta-peko-put"));
}

TEST(S3Store, RepeatsAWriteThatMetAnotherInMidAir) {
  FakeS3 s3;
  s3.then_error(409, "ConditionalRequestConflict").then(200, kPutAnswer);
  EXPECT_TRUE(put_object(*s3.store(), "k", "abc", PutIf::absent()));
}

TEST(S3Store, DoesNotKnowWhoWroteWhenNobodySaysSo) {
  FakeS3 s3;
  s3.then_error(412, "PreconditionFailed");
  for (int i = 0; i < 8; ++i) s3.then_fail(Code::Unavailable);
  const auto result = put_object(*s3.store(), "k", "abc", PutIf::absent());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::Unavailable);
}

TEST(S3Store, TriesOutWhetherAServerHeedsConditionsBeforeItReliesOnThem) {
  FakeS3 s3;
  s3.then_error(404, "NoSuchKey").then(200, kPutAnswer).then(200, kPutAnswer);
  const auto store = s3.store(kElsewhere);
  EXPECT_TRUE(put_object(*store, "functions/a/current.json", "abc", PutIf::unchanged("e1")));
  EXPECT_TRUE(put_object(*store, "functions/a/current.json", "abd", PutIf::unchanged("e2")));
  EXPECT_EQ(s3.asked.at(0).url, "http://127.0.0.1:9000/code/functions/%21conditional-writes");
  EXPECT_THAT(s3.asked, SizeIs(3));
  // The first creates the object, the second must not.
  s3.then(200, kPutAnswer).then_error(412, "PreconditionFailed").then(200, kPutAnswer);
  EXPECT_TRUE(put_object(*store, "versions/a/1.json", "abc", PutIf::absent()));
  EXPECT_TRUE(s3.all_answers_were_used());
}

TEST(S3Store, WritesNothingUnderConditionsToAServerThatIgnoresThem) {
  FakeS3 s3;
  s3.then(200, kPutAnswer);
  auto result = put_object(*s3.store(kElsewhere), "k", "abc", PutIf::unchanged("e1"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::Invalid);
  EXPECT_THAT(result.error().message, HasSubstr("If-Match"));
  s3.then(200, kPutAnswer).then(200, kPutAnswer);
  result = put_object(*s3.store(kElsewhere), "k", "abc", PutIf::absent());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::Invalid);
  for (const std::string& body : s3.bodies) EXPECT_NE(body, "abc");
}

TEST(S3Store, RemovesAlsoWhatIsNotThere) {
  FakeS3 s3;
  s3.then(204).then_error(404, "NoSuchKey").then_error(404, "NoSuchBucket");
  const auto store = s3.store();
  EXPECT_TRUE(store->remove("k"));
  EXPECT_TRUE(store->remove("k"));
  const auto result = store->remove("k");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::Invalid);
}

TEST(S3Store, ReportsTheErrorsOfSinksAndSourcesWithoutRepeatingThem) {
  FakeS3 s3;
  s3.then(200, object_headers(3), "abc");
  const auto result = s3.store()->get("k", [](std::string_view) -> Status { return fail(Code::Unavailable, "disk"); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "disk");
  EXPECT_THAT(s3.asked, SizeIs(1));
}

TEST(S3Store, ShowsNothingOfTheServersThatIsNoText) {
  FakeS3 s3;
  s3.then(403, {{"x-amz-request-id", "\x1b[2J"}},
          "<Error><Code>Access&#27;[2JDenied</Code><Message>" + std::string(5000, 'm') + "</Message></Error>");
  const auto result = s3.store()->remove("k");
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, Not(HasSubstr("\x1b")));
  EXPECT_LT(result.error().message.size(), 1000U);
}

}  // namespace
}  // namespace peko::code

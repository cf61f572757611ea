// Scripts on the JavaScript engine: what they are given, how their errors come back, that they are kept apart.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include "rig.hpp"

namespace peko::bridge_test {
namespace {

using namespace std::chrono_literals;

class Script : public testing::Test {
 protected:
  /// A script whose fetch(request, env, ctx) has this body.
  static std::string fetch(std::string_view body) {
    return "var worker = { async fetch(request, env, ctx) { " + std::string(body) +
           " } };\nexport {\n  worker as default\n};\n";
  }

  Answer ask(std::string_view body, const Request& request = {}, const Fields& environment = {}) {
    return rig_.call(rig_.load_script(fetch(body), environment), request);
  }

  static std::string field(const Answer& answer, std::string_view name) {
    const auto it = std::ranges::find(answer.fields, name, &Fields::value_type::first);
    return it == answer.fields.end() ? "(none)" : it->second;
  }

  Rig rig_;
};

TEST_F(Script, AnswersARequest) {
  const Answer answer = ask("return new Response(`${request.method} ${request.url} ${request.headers.get('x-a')}`)",
                            {.target = "/p?q=1", .fields = {{"x-a", "1"}, {"x-a", "2"}}});
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.body, "GET http://test.example/p?q=1 1, 2");
  EXPECT_EQ(field(answer, "content-type"), "text/plain;charset=UTF-8");
  EXPECT_EQ(answer.end, PEKO_NEXT_END);
  EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_OK) << answer.message();
  EXPECT_NE(answer.instance, nullptr);
}

TEST_F(Script, ReadsJsonAndItsEnvironment) {
  peko_component* component = rig_.load_script(
      fetch("const { n } = await request.json(); return Response.json({ twice: 2 * n, ...env })"), {{"NAME", "value"}});
  InvocationPtr call = rig_.start(component, {.method = "POST", .body_length = PEKO_LENGTH_UNKNOWN});
  Answer answer;
  EXPECT_FALSE(rig_.turn(call.get(), answer)) << "it waits for the body";
  peko_invocation_push(call.get(), R"({"n":)", 5);
  EXPECT_FALSE(rig_.turn(call.get(), answer));
  peko_invocation_push(call.get(), "21}", 3);
  peko_invocation_push_end(call.get(), 1, nullptr, 0);
  answer = rig_.finish(std::move(call), std::move(answer));
  EXPECT_EQ(answer.body, R"({"twice":42,"NAME":"value","KV":{}})");
  EXPECT_EQ(field(answer, "content-type"), "application/json");
}

TEST_F(Script, StreamsBothWays) {
  peko_component* component = rig_.load_script(
      fetch("return new Response(request.body.pipeThrough(new TransformStream({ transform(piece, out) {"
            "out.enqueue(piece.map((byte) => byte ^ 32)) } })))"));
  InvocationPtr call = rig_.start(component, {.method = "POST", .body_length = PEKO_LENGTH_UNKNOWN});
  Answer answer;
  EXPECT_FALSE(rig_.turn(call.get(), answer));
  ASSERT_EQ(answer.status, 200U) << "the head does not wait for the body: "
                                 << rig_.close(std::move(call), {}).message();
  for (const std::string_view piece : {"one", "Two", "tHREE"}) {
    peko_invocation_push(call.get(), piece.data(), piece.size());
    ASSERT_FALSE(rig_.turn(call.get(), answer))
        << rig_.seen.log(rig_.token(call.get()), 2) << rig_.close(std::move(call), {}).message();
    EXPECT_TRUE(answer.body.ends_with(piece == "one" ? "ONE" : piece == "Two" ? "tWO" : "Three")) << answer.body;
  }
  peko_invocation_push_end(call.get(), 1, nullptr, 0);
  answer = rig_.finish(std::move(call), std::move(answer));
  EXPECT_EQ(answer.body, "ONEtWOThree");
  EXPECT_EQ(answer.end, PEKO_NEXT_END);
}

TEST_F(Script, CopiesALargeBodyByteForByte) {
  peko_component* component = rig_.load_script(fetch("return new Response(request.body)"));
  InvocationPtr call = rig_.start(component, {.method = "POST", .body_length = 5 << 20});
  Answer answer;
  std::string sent;
  for (std::uint32_t at = 0; at < (5 << 20); at += 64 << 10) {
    std::string piece(64 << 10, '\0');
    for (char& byte : piece)
      byte = static_cast<char>(sent.size() + static_cast<std::size_t>(&byte - piece.data()) * 31 / 7);
    peko_invocation_push(call.get(), piece.data(), piece.size());
    sent += piece;
    ASSERT_FALSE(rig_.turn(call.get(), answer)) << rig_.close(std::move(call), {}).message();
  }
  peko_invocation_push_end(call.get(), 1, nullptr, 0);
  answer = rig_.finish(std::move(call), std::move(answer));
  EXPECT_TRUE(answer.body == sent) << answer.body.size();
}

TEST_F(Script, SendsPartsOfItsAnswerAsTheyAreReady) {
  peko_component* component = rig_.load_script(
      fetch("const { readable, writable } = new TransformStream(); const out = writable.getWriter();"
            "const bytes = (text) => new TextEncoder().encode(text);"
            "ctx.waitUntil((async () => { for (let i = 0; i < 3; ++i) {"
            "await out.write(bytes(`${i};`)); await new Promise((go) => setTimeout(go, 20)); } await out.close() })());"
            "return new Response(readable)"));
  InvocationPtr call = rig_.start(component, {});
  Answer answer;
  EXPECT_FALSE(rig_.turn(call.get(), answer));
  EXPECT_EQ(answer.body, "0;");
  answer = rig_.finish(std::move(call), std::move(answer));
  EXPECT_EQ(answer.body, "0;1;2;");
}

TEST_F(Script, SendsCookiesAndStatusesAsTheyAre) {
  const Answer answer =
      ask("const r = new Response(null, { status: 204 });"
          "r.headers.append('set-cookie', 'a=1, 2'); r.headers.append('set-cookie', 'b=\\xe9');"
          "r.headers.set('connection', 'close'); return r");
  EXPECT_EQ(answer.status, 204U);
  EXPECT_EQ(answer.fields, (Fields{{"set-cookie", "a=1, 2"}, {"set-cookie", "b=\xe9"}}));
  EXPECT_EQ(answer.body, "");
}

// docs/javascript.md has the tables that the probe gives; PEKO_WRITE_DOCS=1 writes them.
TEST_F(Script, HasWhatItsDocumentationSays) {
  constexpr std::string_view kPage = "docs/javascript.md";
  constexpr std::string_view kBegin = "<!-- js/probe begins -->\n";
  constexpr std::string_view kEnd = "<!-- js/probe ends -->\n";
  const std::string page = source(kPage);
  const std::size_t begin = page.find(kBegin) + kBegin.size();
  const std::size_t end = page.find(kEnd);
  ASSERT_LE(begin, end);
  const Answer answer = rig_.call(rig_.load_script(source("js/probe/probe.js")));
  ASSERT_EQ(answer.status, 200U) << answer.message();
  if (std::getenv("PEKO_WRITE_DOCS") != nullptr) {
    std::ofstream(PEKO_SOURCES "/" + std::string(kPage)) << page.substr(0, begin) << answer.body << page.substr(end);
  }
  EXPECT_EQ(page.substr(begin, end - begin), answer.body) << "PEKO_WRITE_DOCS=1 writes it";
}

class ScriptForms : public Script {
 protected:
  Answer submit(std::string_view type, std::string_view form) {
    InvocationPtr call = rig_.start(
        component_, {.method = "POST", .fields = {{"content-type", std::string(type)}}, .body_length = form.size()});
    peko_invocation_push(call.get(), form.data(), form.size());
    peko_invocation_push_end(call.get(), 1, nullptr, 0);
    return rig_.finish(std::move(call));
  }

  peko_component* component_ = rig_.load_script(fetch(
      "const parts = []; for (const [name, value] of await request.formData()) parts.push(typeof value === 'string' ?"
      "`${name}=${value}` : `${name}=${value.name} ${value.type} ${new Uint8Array(await value.arrayBuffer())}`);"
      "return new Response(parts.join('|'))"));
};

TEST_F(ScriptForms, HaveFieldsAndFilesOfAnyBytes) {
  const std::string form =
      "--xx\r\nContent-Disposition: form-data; name=\"a%22\"\r\n\r\n\xc3\xa9\r\n--xx\r\n"
      "content-disposition: form-data; name=\"f\"; filename=\"f.txt\"\r\ncontent-type: text/plain\r\n\r\n"
      "\r\n--x\xff\r\n--xx\r\ncontent-disposition: form-data; filename=\"\"; name=\"e\"\r\n\r\n\r\n--xx--\r\n";
  EXPECT_EQ(submit("multipart/form-data; boundary=xx", form).body,
            "a\"=\xc3\xa9|f=f.txt text/plain 13,10,45,45,120,255|e= application/octet-stream ");
  EXPECT_EQ(submit("application/x-www-form-urlencoded", "a=1+2&b=%C3%A9").body, "a=1 2|b=\xc3\xa9");
  EXPECT_EQ(submit("multipart/form-data; boundary=xx", "--xx--").body, "");
}

TEST_F(ScriptForms, AreRefusedWhenTheyAreBroken) {
  for (const std::string_view form : {"", "--xx", "--xx\r\n", "--xx\r\n\r\n", "--xx\r\n\r\n\r\n--xx--",
                                      "--xx\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1", "--xy--"}) {
    const Answer answer = submit("multipart/form-data; boundary=xx", form);
    EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_EXCEPTION) << form << ": " << answer.body;
    EXPECT_TRUE(answer.message().starts_with("TypeError: the body is no multipart/form-data: a part has no "))
        << form << ": " << answer.message();
  }
  EXPECT_TRUE(submit("text/plain", "a=1").message().starts_with("TypeError: formData() takes multipart/form-data or"));
}

TEST_F(Script, AnswersHeadWithoutItsBody) {
  const Answer answer = ask("return new Response('12345', { headers: { 'content-length': '5' } })", {.method = "HEAD"});
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(field(answer, "content-length"), "5");
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(answer.end, PEKO_NEXT_END);
  EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_OK) << answer.message();
}

TEST_F(Script, TakesHeadersOfAnyBytes) {
  const Answer answer = ask("return new Response([...request.headers.get('x')].map((c) => c.charCodeAt()).join())",
                            {.fields = {{"x", "\xe2\x82\xac\xff"}}});
  EXPECT_EQ(answer.body, "226,130,172,255");
}

TEST_F(Script, RefusesWhatNoRequestOfTheStandardCanBe) {
  EXPECT_EQ(ask("return new Response('reached')", {.authority = "a.example:99999"}).status, 400U);
}

TEST_F(Script, SendsRequestsOfItsOwn) {
  InvocationPtr call = rig_.start(
      rig_.load_script(fetch("const r = await fetch('https://api.example/x', { method: 'POST', body: 'sent',"
                             "headers: { 'x-b': '1' } }); return new Response(`${r.status} ${await r.text()}`)")),
      {});
  Answer answer;
  const auto sent = until_outbound(rig_, call.get(), answer);
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->method + " " + sent->uri, "POST https://api.example/x");
  EXPECT_NE(std::ranges::find(sent->fields, std::pair<std::string, std::string>("x-b", "1")), sent->fields.end());
  std::string body;
  for (int next = PEKO_NEXT_PENDING; next != PEKO_NEXT_END;) {
    peko_chunk chunk{};
    next = peko_outbound_next(rig_.loop(), sent->id, sent->token, &chunk);
    if (next == PEKO_NEXT_DATA) body.append(chunk.data, chunk.size);
    if (next == PEKO_NEXT_DATA) peko_chunk_release(&chunk);
    if (next == PEKO_NEXT_PENDING) rig_.turn(call.get(), answer);
    ASSERT_NE(next, PEKO_NEXT_ABORTED);
  }
  EXPECT_EQ(body, "sent");
  EXPECT_EQ(respond(rig_, sent->id, 201), 0);
  peko_outbound_push(rig_.loop(), sent->id, "got", 3);
  peko_outbound_push_end(rig_.loop(), sent->id, PEKO_COMPLETE, nullptr, 0);
  EXPECT_EQ(rig_.finish(std::move(call), std::move(answer)).body, "201 got");
}

TEST_F(Script, WaitsUntilWhatItSaidIsDone) {
  peko_component* component =
      rig_.load_script(fetch("ctx.waitUntil(new Promise((go) => setTimeout(go, 30)).then(() => console.log('after')));"
                             "ctx.waitUntil(Promise.reject(new RangeError('late'))); return new Response('now')"));
  InvocationPtr call = rig_.start(component, {});
  const std::uint64_t token = rig_.token(call.get());
  Answer answer;
  EXPECT_FALSE(rig_.turn(call.get(), answer));
  EXPECT_EQ(answer.body, "now");
  EXPECT_EQ(answer.end, PEKO_NEXT_END) << "the client does not wait";
  answer = rig_.finish(std::move(call), std::move(answer));
  EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_OK);
  EXPECT_EQ(rig_.seen.log(token, 1), "after\n");
  EXPECT_TRUE(rig_.seen.log(token, 2).starts_with("waitUntil: RangeError: late\nfetch@worker.js:1:"))
      << rig_.seen.log(token, 2);
}

TEST_F(Script, TellsWhereItsTopLevelThrew) {
  const Answer answer =
      rig_.call(rig_.load_script("const x = null;\nfunction boot() {\n  return x.y;\n}\n\nboot();\n"));
  EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_EXCEPTION);
  EXPECT_EQ(answer.message(), "TypeError: can't access property \"y\", x is null\nboot@worker.js:3:3\n@worker.js:6:1");
  EXPECT_EQ(answer.instance, nullptr);
}

TEST_F(Script, TellsWhereItsHandlerThrewAndServesOn) {
  peko_component* component = rig_.load_script(
      "var n = 0;\nasync function deep(request) {\n  await null;\n  if (request.url.endsWith('/bad'))\n"
      "    throw new Error('two\\nlines', { cause: 'a string' });\n  return new Response(`${++n}`);\n}\n"
      "var worker = { fetch: (request) => deep(request) };\nexport { worker as default };\n");
  Answer good = rig_.call(component);
  EXPECT_EQ(good.body, "1");
  Answer bad = rig_.call(component, {.target = "/bad"}, std::move(good.instance));
  EXPECT_EQ(bad.stats.outcome, PEKO_OUTCOME_EXCEPTION);
  EXPECT_EQ(bad.flags, PEKO_FAILED + 0U);
  EXPECT_EQ(bad.message(),
            "Error: two lines\ndeep@worker.js:5:11\nasync*fetch@worker.js:8:40\ncaused by Thrown: a string");
  ASSERT_NE(bad.instance, nullptr) << "a throw leaves the instance whole";
  EXPECT_EQ(rig_.call(component, {}, std::move(bad.instance)).body, "2");
}

TEST_F(Script, TellsOfWhatIsThrownThatIsNoError) {
  for (const auto& [thrown, words] : {std::pair{"'text'", "Thrown: text"},
                                      {"undefined", "Thrown: undefined"},
                                      {"{ a: 1n }", "Thrown: {\"a\":\"1\"}"},
                                      {"{ get message() { throw 1 } }", "Error: what was thrown cannot be described"},
                                      {"Object.create(null)", "Thrown: {}"}}) {
    const Answer answer = ask(std::string("throw ") + thrown);
    EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_EXCEPTION) << thrown;
    EXPECT_TRUE(answer.message().starts_with(words)) << answer.message();
  }
}

TEST_F(Script, TellsWhatIsNoResponse) {
  for (const auto& [body, words] :
       {std::pair{"return 'text'", "TypeError: fetch() returned text and not a Response"},
        {"", "TypeError: fetch() returned undefined and not a Response"},
        {"return {}", "TypeError: fetch() returned an object of class Object and not a Response"},
        {"const r = new Response('x'); await r.text(); return r",
         "TypeError: fetch() returned a Response whose body has been read already"}}) {
    const Answer answer = ask(body);
    EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_EXCEPTION) << body;
    EXPECT_EQ(answer.message(), words);
  }
}

TEST_F(Script, TellsWhereItsSyntaxIsWrong) {
  const Answer answer = rig_.call(rig_.load_script("const a = 1;\nconst b = ;\n"));
  EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_EXCEPTION);
  EXPECT_EQ(answer.message(), "SyntaxError: expected expression, got ';'\nworker.js:2:11");
}

TEST_F(Script, MayCloneItsResponses) {
  const Answer answer =
      ask("const a = new Response('xyz', { status: 201, headers: { n: '1' } }); const b = a.clone();"
          "const c = b.clone(); const before = b.bodyUsed; const text = await b.text();"
          "if (before || !b.bodyUsed || c.headers.get('n') !== '1') throw new Error('differs');"
          "return new Response(`${await a.text()} ${text} ${await c.text()}`, c)");
  EXPECT_EQ(answer.status, 201U) << answer.message();
  EXPECT_EQ(answer.body, "xyz xyz xyz");
  EXPECT_TRUE(ask("const r = new Response('x'); await r.text(); return r.clone()")
                  .message()
                  .starts_with("TypeError: the body of this Response has been read already"));
}

TEST_F(Script, KeepsNoLengthOfAnotherBody) {
  const Answer answer =
      ask("const a = new Response('xyz', { headers: { 'Content-Length': '99', n: '1' } });"
          "return new Response(new Response(`${await a.text()} and more`).body, a)");
  EXPECT_EQ(answer.body, "xyz and more");
  EXPECT_EQ(field(answer, "n"), "1");
  EXPECT_EQ(field(answer, "content-length"), "(none)");
  EXPECT_EQ(field(ask("return new Response('xyz')"), "content-length"), "3");
  EXPECT_EQ(ask("return new (class Mine extends Response { get own() { return 1 } })('x')").body, "x");
}

TEST_F(Script, MustExportAHandler) {
  for (const std::string_view text : {"", "export { };", "const a = 1;\nexport { a as default };",
                                      "const a = () => 1;\n// export { a as default }"}) {
    const Answer answer = rig_.call(rig_.load_script(text));
    EXPECT_EQ(answer.message(), "TypeError: the script has no `export default { fetch(request, env, ctx) }`") << text;
  }
}

TEST_F(Script, PrintsErrorsWithTheirFrames) {
  peko_component* component = rig_.load_script(
      "function answer() {\n  console.error('it is', new RangeError('bad', { cause: new Error('why') }), 5);\n"
      "  return new Response('x');\n}\nexport { answer as default };");
  InvocationPtr call = rig_.start(component, {});
  const std::uint64_t token = rig_.token(call.get());
  EXPECT_EQ(rig_.finish(std::move(call)).body, "x");
  EXPECT_EQ(rig_.seen.log(token, 2),
            "it is RangeError: bad\nanswer@worker.js:2:26\ncaused by Error: why\nanswer@worker.js:2:57 5\n");
}

TEST_F(Script, MayAwaitAtItsTopLevel) {
  const Answer answer = rig_.call(rig_.load_script(
      "const n = await new Promise((go) => setTimeout(() => go(Math.random()), 5));\n"
      "function worker() { return new Response(`${n > 0 && n < 1}`) }\nexport { worker as default };"));
  EXPECT_EQ(answer.body, "true") << answer.message();
}

TEST_F(Script, IsStoppedWhenItSpinsAtItsTopLevel) {
  rig_.limits.cpu_ns = 50'000'000;
  const Answer answer = rig_.call(rig_.load_script("for (;;);"));
  EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_CPU) << answer.message();
  EXPECT_EQ(answer.instance, nullptr);
}

TEST_F(Script, IsToldWhenItsMemoryIsNotEnough) {
  rig_.limits.memory_bytes = 32 << 20;
  const Answer answer = ask("const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1))");
  EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_MEMORY) << answer.message();
}

TEST_F(Script, BreaksItsAnswerOffWhenItsStreamFails) {
  peko_component* component = rig_.load_script(
      fetch("let n = 0; return new Response(new ReadableStream({ pull(out) {"
            "if (n++ < 2) out.enqueue(new TextEncoder().encode('part;')); else throw new Error('no more') } }))"));
  InvocationPtr call = rig_.start(component, {});
  const std::uint64_t token = rig_.token(call.get());
  const Answer answer = rig_.finish(std::move(call));
  EXPECT_EQ(answer.body, "part;part;");
  EXPECT_EQ(answer.end, PEKO_NEXT_ABORTED);
  EXPECT_TRUE(rig_.seen.log(token, 2).starts_with("response body: Error: no more\npull@worker.js:1:"))
      << rig_.seen.log(token, 2);
}

TEST_F(Script, GoesOnWhileItsClientTakesNothing) {
  peko_component* component = rig_.load_script(
      fetch("let n = 0; setInterval(() => console.log('tick'), 1); return new Response(new ReadableStream({ pull(out) {"
            "if (n++ < 80) out.enqueue(new Uint8Array(65536)); else out.close() } }))"));
  InvocationPtr call = rig_.start(component, {});
  const std::uint64_t token = rig_.token(call.get());
  std::size_t before = 0;
  for (std::size_t ticks = 0; ticks < 100;) {
    EXPECT_EQ(peko_invocation_poll(call.get(), kSliceNs) & (PEKO_DONE | PEKO_FAILED), 0U);
    ASSERT_TRUE(rig_.seen.wait(token)) << "after " << before << " bytes of log";
    before = rig_.seen.log(token, 1).size();
    ticks = before / std::string_view("tick\n").size();
  }
  Answer answer = rig_.finish(std::move(call));
  EXPECT_EQ(answer.body.size(), std::size_t{80} * 65536);
  EXPECT_EQ(answer.end, PEKO_NEXT_END);
}

TEST_F(Script, SharesTheEngineAndNothingElse) {
  const std::string text =
      fetch("globalThis.seen = (globalThis.seen ?? 0) + 1; return new Response(`${seen}${env.A}`)");
  peko_component* one = rig_.load_script(text, {{"A", "a"}});
  peko_component* two = rig_.load_script(text, {{"A", "b"}});
  Answer first = rig_.call(one);
  EXPECT_EQ(first.body, "1a");
  EXPECT_EQ(rig_.call(two).body, "1b");
  EXPECT_EQ(rig_.call(one).body, "1a") << "another instance of the same script";
  rig_.unload(one);
  EXPECT_EQ(rig_.call(two, {}, std::move(first.instance)).body, "2a") << "a warm instance keeps what it needs";
}

TEST_F(Script, IsReusedWithoutEnd) {
  peko_component* component =
      rig_.load_script(fetch("if (request.body) await request.text(); return new Response('x'.repeat(100))"));
  Answer answer = rig_.call(component);
  const std::uint64_t before = answer.stats.memory_bytes;
  for (int use = 2; use <= 1000; ++use) {
    ASSERT_NE(answer.instance, nullptr) << "after use " << use;
    answer = rig_.call(component, {.method = use % 2 == 0 ? "GET" : "POST"}, std::move(answer.instance));
    ASSERT_EQ(answer.body.size(), 100U) << answer.message();
  }
  EXPECT_EQ(answer.stats.uses, 1000U);
  EXPECT_LT(answer.stats.memory_bytes, before + (16 << 20));
}

TEST_F(Script, LeavesNoTimersToTheNextRequest) {
  peko_component* component = rig_.load_script(fetch(
      "globalThis.n = (globalThis.n ?? 0) + 1; setInterval(() => console.log(n, 'ticks'), 1);"
      "const gone = setTimeout(() => console.log(n, 'is late'), 2); setTimeout((a) => console.log(n, a), 2, 'fires');"
      "clearTimeout(gone); let left = n > 1 ? 3 : 0;"
      "if (left) await new Promise((go) => setInterval(() => --left || go(), 1)); return new Response('done')"));
  Answer answer = rig_.call(component);
  ASSERT_EQ(answer.body, "done") << answer.message();
  InvocationPtr second = rig_.start(component, {}, std::move(answer.instance));
  const std::uint64_t token = rig_.token(second.get());
  EXPECT_EQ(rig_.finish(std::move(second)).stats.outcome, PEKO_OUTCOME_OK);
  const std::string log = rig_.seen.log(token, 1);
  EXPECT_NE(log.find("2 ticks\n2 ticks\n"), std::string::npos) << log;
  EXPECT_EQ(log.find("late"), std::string::npos) << log;
  EXPECT_EQ(log.find("fires"), log.rfind("fires")) << "its own, not that of the first call: " << log;
}

TEST_F(Script, FollowsNoRedirects) {
  InvocationPtr call =
      rig_.start(rig_.load_script(fetch("const r = await fetch('http://a.example/'); return new Response(`${r.status} "
                                        "${r.headers.get('location')}`)")),
                 {});
  Answer answer;
  const auto sent = until_outbound(rig_, call.get(), answer);
  ASSERT_TRUE(sent);
  EXPECT_EQ(respond(rig_, sent->id, 302, 0, {{"location", "/b"}}), 0);
  peko_outbound_push_end(rig_.loop(), sent->id, PEKO_COMPLETE, nullptr, 0);
  EXPECT_EQ(rig_.finish(std::move(call), std::move(answer)).body, "302 /b");
}

TEST_F(Script, MayCatchWhatItsRequestsFailWith) {
  InvocationPtr call =
      rig_.start(rig_.load_script(fetch("const failed = await fetch('http://a.example/').catch((e) => e); return new "
                                        "Response(`${failed.name} ${failed instanceof TypeError}`)")),
                 {});
  Answer answer;
  const auto sent = until_outbound(rig_, call.get(), answer);
  ASSERT_TRUE(sent);
  EXPECT_EQ(respond(rig_, sent->id, 0, 0), 0);
  EXPECT_EQ(rig_.finish(std::move(call), std::move(answer)).body, "TypeError true");
}

TEST_F(Script, FailsWhenItWaitsForWhatNeverComes) {
  for (const std::string& text : {std::string("await new Promise(() => {});"), fetch("await new Promise(() => {})")}) {
    InvocationPtr call = rig_.start(rig_.load_script(text), {});
    const std::uint64_t token = rig_.token(call.get());
    const Answer answer = rig_.finish(std::move(call));
    EXPECT_EQ(answer.stats.outcome, PEKO_OUTCOME_TRAP) << answer.message();
    EXPECT_NE(rig_.seen.log(token, 2).find("event loop error"), std::string::npos) << rig_.seen.log(token, 2);
  }
}

/// What only this process has of its memory, KiB.
std::uint64_t private_kb() {
  std::ifstream file("/proc/self/smaps_rollup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Private_Dirty:")) return std::strtoull(line.c_str() + line.find(':') + 1, nullptr, 10);
  }
  return 0;
}

TEST(ScriptMemory, IsAMegabyteOrTwoAnInstance) {
  constexpr std::uint64_t kInstances = 40;
  peko_engine_config config = serve_config();
  config.max_instances = kInstances + 1;
  Rig rig(config);
  peko_component* component =
      rig.load_script("function answer() { return new Response('hello') }\nexport { answer as default };");
  InstancePtr first = rig.call(component).instance;
  const std::uint64_t before = private_kb();
  std::vector<InstancePtr> all;
  for (std::uint64_t i = 0; i < kInstances; ++i) {
    all.push_back(rig.call(component).instance);
    ASSERT_NE(all.back(), nullptr);
  }
  ASSERT_NE(before, 0U);
  // What earlier tests have left may go at the same time.
  EXPECT_LT(static_cast<std::int64_t>(private_kb() - before), static_cast<std::int64_t>(kInstances * 2048));
}

TEST(ScriptLoading, WantsAnEngineAndUtf8) {
  Rig rig;
  const peko_component* hello = rig.load("hello");
  const auto load = [&](const peko_component* engine, std::string_view name, std::string_view text) {
    peko_component* component = nullptr;
    peko_buf error{};
    const int result = peko_component_load_script(engine, str(name), str(text), nullptr, 0, &component, &error);
    return std::to_string(result) + " " + take(error);
  };
  EXPECT_EQ(load(hello, "a.js", ""), "4 it exports no peko:js/loader: it runs no scripts");
  EXPECT_EQ(load(hello, "a.js", "x\xff"), "1 not UTF-8 in a script: \"x\xef\xbf\xbd\"");
  EXPECT_EQ(load(hello, "a\n", ""), "1 the name of a script is empty or has control characters");
}

}  // namespace
}  // namespace peko::bridge_test

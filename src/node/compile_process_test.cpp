#include "node/compile_process.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <csignal>

namespace peko::node {
namespace {

TEST(CompileError, SaysWhatHappenedAndWhatToDo) {
  const CompileLimits limits{.memory_mb = 64, .cpu = std::chrono::seconds(9)};
  struct Row {
    CompilerEnd end;
    Code code;
    std::string_view says;
  };
  const Row rows[] = {
      {{.status = W_EXITCODE(1, 0), .late = false, .message = "invalid at offset 9\n"},
       Code::Invalid,
       "invalid at offset 9"},
      {{.status = W_EXITCODE(7, 0), .late = false, .message = "\n"}, Code::Invalid, "exit status 7"},
      {{.status = W_EXITCODE(0, SIGKILL), .late = true, .message = ""}, Code::Invalid, "raise compile_seconds (9)"},
      {{.status = W_EXITCODE(0, SIGXCPU), .late = false, .message = ""}, Code::Invalid, "more than 9 s of CPU time"},
      {{.status = W_EXITCODE(0, SIGABRT), .late = false, .message = "memory allocation of 99 bytes failed\n"},
       Code::Invalid,
       "more than 64 MiB of memory"},
      {{.status = W_EXITCODE(1, 0), .late = false, .message = "mmap: Cannot allocate memory (os error 12)"},
       Code::Invalid,
       "raise compile_memory_mb (64)"},
      {{.status = W_EXITCODE(0, SIGXFSZ), .late = false, .message = ""}, Code::Invalid, "larger than 1 GiB"},
      {{.status = W_EXITCODE(0, SIGSYS), .late = false, .message = ""}, Code::Invalid, "what it may not do"},
      {{.status = W_EXITCODE(0, SIGKILL), .late = false, .message = ""}, Code::Unavailable, "killed from outside"},
      {{.status = W_EXITCODE(0, SIGSEGV), .late = false, .message = "oh\n"},
       Code::Unavailable,
       "crashed (Segmentation fault)"},
  };
  for (const Row& row : rows) {
    const Error error = compile_error(row.end, limits);
    EXPECT_EQ(error.code, row.code) << error.message;
    EXPECT_NE(error.message.find(row.says), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace peko::node

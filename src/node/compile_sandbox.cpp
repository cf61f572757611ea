#include "node/compile_sandbox.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <thread>

namespace peko::node {

namespace {

// Sanitizers need terabytes of address space and system calls of their own.
constexpr bool kSanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);

constexpr int kNice = 10;  // as overflow threads: requests come first
constexpr rlim_t kFilesMax = 64;
constexpr rlim_t kCpuGrace = 5;  // seconds from SIGXCPU to SIGKILL
// Address space without memory behind it: the program itself, and what allocators reserve for each thread.
constexpr rlim_t kReservedBytes = rlim_t{1} << 30;
constexpr rlim_t kReservedBytesPerThread = rlim_t{160} << 20;

Status limit(__rlimit_resource what, std::string_view name, rlim_t soft, rlim_t hard) {
  rlimit now{};
  ::getrlimit(what, &now);
  const rlimit wanted{.rlim_cur = std::min(soft, now.rlim_max), .rlim_max = std::min(hard, now.rlim_max)};
  if (::setrlimit(what, &wanted) == 0) return {};
  return fail(Code::Unavailable, fmt::format("limiting the compiler's {}: {}", name, std::strerror(errno)));
}

// RLIMIT_DATA counts private memory that can be written, which is what compiling takes; RLIMIT_AS bounds the rest.
// RLIMIT_NPROC is no use: it counts the processes of the user, not of the compiler. The filter permits threads only.
Status limit_resources(const CompileLimits& limits) {
  const rlim_t memory = rlim_t{limits.memory_mb} << 20;
  const rlim_t threads = std::max(1U, std::thread::hardware_concurrency());
  const rlim_t space = memory + kReservedBytes + threads * kReservedBytesPerThread;
  const auto cpu = static_cast<rlim_t>(limits.cpu.count());
  struct Row {
    __rlimit_resource what;
    std::string_view name;
    rlim_t soft, hard;
    bool with_sanitizer;
  };
  const Row rows[] = {
      {RLIMIT_DATA, "memory", memory, memory, false},
      {RLIMIT_AS, "address space", space, space, false},
      {RLIMIT_CPU, "CPU time", cpu, cpu + kCpuGrace, true},
      {RLIMIT_FSIZE, "size of files", kArtifactBytesMax, kArtifactBytesMax, true},
      {RLIMIT_NOFILE, "open files", kFilesMax, kFilesMax, true},
      {RLIMIT_CORE, "core dumps", 0, 0, true},
  };
  for (const Row& row : rows) {
    if (kSanitized && !row.with_sanitizer) continue;
    if (Status set = limit(row.what, row.name, row.soft, row.hard); !set) return set;
  }
  return {};
}

// What allocators, threads, clocks and open files need.
constexpr int kPermitted[] = {
    SCMP_SYS(brk),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(futex_waitv),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getcpu),
    SCMP_SYS(membarrier),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(getrusage),
    SCMP_SYS(sysinfo),
    SCMP_SYS(uname),
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(close),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(eventfd2),
};

// Libraries try these and go on without: they would only read what the machine is like.
constexpr int kRefused[] = {
    SCMP_SYS(open),       SCMP_SYS(openat), SCMP_SYS(openat2),    SCMP_SYS(stat),       SCMP_SYS(statx),
    SCMP_SYS(newfstatat), SCMP_SYS(access), SCMP_SYS(faccessat),  SCMP_SYS(faccessat2), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(getdents64),
};

// No compiler ever tries these: one that does is somebody else's.
constexpr int kFatal[] = {
    SCMP_SYS(socket),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(kill),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(mount),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(io_uring_setup),
};

using Filter = std::unique_ptr<void, decltype(&seccomp_release)>;

scmp_arg_cmp equals(unsigned argument, scmp_datum_t value) {
  return {.arg = argument, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

// 0, or a negative errno.
int build(const Filter& filter) {
  int failed = 0;
  const auto add = [&](std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> arguments = {}) {
    if (failed != 0) return;
    failed =
        seccomp_rule_add_array(filter.get(), action, call, static_cast<unsigned>(arguments.size()), arguments.begin());
    if (failed == -EDOM) failed = 0;  // a call that this architecture lacks
  };
  for (const int call : kPermitted) add(SCMP_ACT_ALLOW, call);
  for (const int call : kRefused) add(SCMP_ACT_ERRNO(EACCES), call);
  for (const int call : kFatal) add(SCMP_ACT_KILL_PROCESS, call);
  // Threads, but no processes. clone3 hides its flags behind a pointer: without it the C library falls back to clone.
  add(SCMP_ACT_ALLOW, SCMP_SYS(clone),
      {scmp_arg_cmp{.arg = 0, .op = SCMP_CMP_MASKED_EQ, .datum_a = CLONE_THREAD, .datum_b = CLONE_THREAD}});
  // abort() signals its own process, and only that.
  add(SCMP_ACT_ALLOW, SCMP_SYS(tgkill), {equals(0, static_cast<scmp_datum_t>(::getpid()))});
  add(SCMP_ACT_ALLOW, SCMP_SYS(prctl), {equals(0, PR_SET_NAME)});
  // Reading a limit (a thread asks for the size of its stack), not setting one.
  add(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), {equals(2, 0)});
  for (const int command : {F_GETFD, F_GETFL, F_DUPFD_CLOEXEC}) {
    add(SCMP_ACT_ALLOW, SCMP_SYS(fcntl), {equals(1, static_cast<scmp_datum_t>(command))});
  }
  if (failed == 0) failed = seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  if (failed == 0) failed = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1);
  return failed;
}

// Everything that no list names answers "not implemented", which libraries are made to live with.
std::string filter_calls() {
  if (kSanitized) return {};
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), &seccomp_release);
  int failed = filter == nullptr ? -ENOMEM : build(filter);
  if (failed == 0) failed = seccomp_load(filter.get());
  if (failed == 0) return {};
  return fmt::format(
      "this kernel does not filter system calls (seccomp: {}): the compiler runs with limits, but could open files and "
      "sockets; run the node on a kernel or in a container that permits seccomp",
      std::strerror(-failed));
}

// Whatever ends the parent. When that was before this call, nobody reads the pipe any more.
void end_with_parent() {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  pollfd errors{.fd = STDERR_FILENO, .events = 0, .revents = 0};
  if (::poll(&errors, 1, 0) > 0 && (errors.revents & POLLERR) != 0) ::_exit(1);
}

}  // namespace

Result<std::string> enter_compile_sandbox(const CompileLimits& limits) {
  end_with_parent();
  ::setpriority(PRIO_PROCESS, 0, kNice);
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return fail(Code::Unavailable, fmt::format("giving up the compiler's privileges: {}", std::strerror(errno)));
  }
  if (Status limited = limit_resources(limits); !limited) return fail(std::move(limited.error()));
  return filter_calls();
}

}  // namespace peko::node

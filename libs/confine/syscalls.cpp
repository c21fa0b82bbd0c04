// SPDX-License-Identifier: GPL-2.0-or-later
#include "confine/syscalls.hpp"

#include <net/if.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <array>
#include <initializer_list>
#include <memory>

namespace rsip::confine {
namespace {

// A number that the architecture does not have is negative, and libseccomp passes over it.
constexpr std::array allowed{
    // memory
    SCMP_SYS(brk), SCMP_SYS(madvise), SCMP_SYS(mremap), SCMP_SYS(munmap),
    // files
    SCMP_SYS(access), SCMP_SYS(chdir), SCMP_SYS(chmod), SCMP_SYS(close), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3),
    SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(fadvise64), SCMP_SYS(fallocate), SCMP_SYS(fchmod),
    SCMP_SYS(fchmodat), SCMP_SYS(fchown), SCMP_SYS(fcntl), SCMP_SYS(fcntl64), SCMP_SYS(fdatasync), SCMP_SYS(flock),
    SCMP_SYS(fstat), SCMP_SYS(fstat64), SCMP_SYS(fstatat64), SCMP_SYS(fstatfs), SCMP_SYS(fsync), SCMP_SYS(ftruncate),
    SCMP_SYS(ftruncate64), SCMP_SYS(getcwd), SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(_llseek),
    SCMP_SYS(lseek), SCMP_SYS(lstat), SCMP_SYS(lstat64), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(newfstatat),
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(pipe), SCMP_SYS(pipe2), SCMP_SYS(pread64), SCMP_SYS(preadv),
    SCMP_SYS(pwrite64), SCMP_SYS(pwritev), SCMP_SYS(read), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(readv),
    SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(rmdir), SCMP_SYS(stat), SCMP_SYS(stat64),
    SCMP_SYS(statfs), SCMP_SYS(statx), SCMP_SYS(umask), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(utimensat),
    SCMP_SYS(write), SCMP_SYS(writev),
    // sockets
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(bind), SCMP_SYS(connect), SCMP_SYS(getpeername),
    SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(listen), SCMP_SYS(recv), SCMP_SYS(recvfrom),
    SCMP_SYS(recvmmsg), SCMP_SYS(recvmsg), SCMP_SYS(send), SCMP_SYS(sendmmsg), SCMP_SYS(sendmsg), SCMP_SYS(sendto),
    SCMP_SYS(setsockopt), SCMP_SYS(shutdown), SCMP_SYS(socketpair),
    // waiting, and the time
    SCMP_SYS(clock_getres), SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_nanosleep_time64), SCMP_SYS(epoll_create), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(epoll_wait), SCMP_SYS(eventfd2), SCMP_SYS(gettimeofday),
    SCMP_SYS(nanosleep), SCMP_SYS(_newselect), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(pselect6),
    SCMP_SYS(restart_syscall), SCMP_SYS(select), SCMP_SYS(time), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_gettime),
    SCMP_SYS(timerfd_settime), SCMP_SYS(timerfd_settime64),
    // threads, signals and the process itself
    SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(futex), SCMP_SYS(futex_time64), SCMP_SYS(getegid), SCMP_SYS(geteuid),
    SCMP_SYS(getgid), SCMP_SYS(getpgrp), SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(getrandom), SCMP_SYS(getrlimit),
    SCMP_SYS(getrusage), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(membarrier), SCMP_SYS(prlimit64), SCMP_SYS(rseq),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield), SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address),
    SCMP_SYS(setsid), SCMP_SYS(sigaltstack), SCMP_SYS(sigreturn), SCMP_SYS(sysinfo), SCMP_SYS(tgkill),
    SCMP_SYS(ugetrlimit), SCMP_SYS(uname)};

// A daemon of ours has no use for these, whatever its libraries do: somebody else has taken it over.
constexpr std::array deadly{SCMP_SYS(acct),          SCMP_SYS(add_key),
                            SCMP_SYS(bpf),           SCMP_SYS(chroot),
                            SCMP_SYS(delete_module), SCMP_SYS(execve),
                            SCMP_SYS(execveat),      SCMP_SYS(finit_module),
                            SCMP_SYS(init_module),   SCMP_SYS(kexec_file_load),
                            SCMP_SYS(kexec_load),    SCMP_SYS(keyctl),
                            SCMP_SYS(mount),         SCMP_SYS(open_by_handle_at),
                            SCMP_SYS(personality),   SCMP_SYS(perf_event_open),
                            SCMP_SYS(pivot_root),    SCMP_SYS(process_vm_readv),
                            SCMP_SYS(ptrace),        SCMP_SYS(process_vm_writev),
                            SCMP_SYS(reboot),        SCMP_SYS(request_key),
                            SCMP_SYS(setns),         SCMP_SYS(swapon),
                            SCMP_SYS(umount2),       SCMP_SYS(unshare),
                            SCMP_SYS(userfaultfd)};

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
    if (!context_) code_ = ENOMEM;
  }

  void rule(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> arguments = {}) {
    if (code_ != 0) return;
    code_ = -seccomp_rule_add_array(context_.get(), action, call, static_cast<unsigned>(arguments.size()),
                                    arguments.size() == 0 ? nullptr : arguments.begin());
  }

  /// An argument that is one of a few.
  void allow(int call, unsigned argument, std::initializer_list<scmp_datum_t> values) {
    for (const scmp_datum_t value : values) rule(SCMP_ACT_ALLOW, call, {{argument, SCMP_CMP_EQ, value, 0}});
  }

  /// 0, or an errno.
  int load() {
    if (code_ == 0) code_ = -seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1);
    if (code_ == 0) code_ = -seccomp_load(context_.get());
    return code_;
  }

 private:
  struct Release {
    void operator()(void* context) const { seccomp_release(context); }
  };
  std::unique_ptr<void, Release> context_;
  int code_ = 0;
};

}  // namespace

Result<void> restrict_syscalls() {
  Filter filter;
  for (const int call : allowed) filter.rule(SCMP_ACT_ALLOW, call);
  for (const int call : deadly) filter.rule(SCMP_ACT_KILL_PROCESS, call);

  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect)}) {
    filter.rule(SCMP_ACT_ALLOW, call, {{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}});
    filter.rule(SCMP_ACT_ALLOW, call, {{2, SCMP_CMP_MASKED_EQ, PROT_WRITE, 0}});
  }
  filter.allow(SCMP_SYS(socket), 0, {AF_INET, AF_INET6, AF_NETLINK, AF_UNIX});
  filter.allow(SCMP_SYS(ioctl), 1, {FIONBIO, FIONREAD, SIOCGIFINDEX, SIOCGIFNAME, TCGETS});
  filter.allow(SCMP_SYS(prctl), 0, {PR_SET_NAME, PR_GET_NAME});
  // Threads, no processes. The filter cannot see clone3's flags; without it glibc takes clone.
  filter.rule(SCMP_ACT_ALLOW, SCMP_SYS(clone), {{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD}});
  filter.rule(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));

  if (const int code = filter.load(); code != 0) {
    return failure(code, "restrict the system calls", "--seccomp off goes without (a kernel without CONFIG_SECCOMP)");
  }
  return {};
}

}  // namespace rsip::confine

// SPDX-License-Identifier: GPL-2.0-or-later
// Each in a process of its own, for what is given up does not come back.
#include <doctest/doctest.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <thread>

#include "confine/account.hpp"
#include "confine/capabilities.hpp"
#include "confine/syscalls.hpp"
#include "directory.hpp"

namespace confine_test {

using namespace rsip;

namespace {

/// How a child ends that runs `work`: as wait(2) says it.
template <typename Work>
int in_child(Work work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(work());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

template <typename Work>
int exit_status(Work work) {
  const int status = in_child(work);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// The signal that ends `work` once the filter is in force; 0 where none does.
template <typename Work>
int confined_signal(Work work) {
  const int status = in_child([&] {
    if (!confine::restrict_syscalls()) return 99;
    work();
    return 0;
  });
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/// The errno that `work` leaves once the filter is in force.
template <typename Work>
int confined_error(Work work) {
  return exit_status([&] {
    if (!confine::restrict_syscalls()) return 99;
    errno = 0;
    work();
    return errno;
  });
}

/// A line of /proc/self/status.
std::string process_status(const std::string& field) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(field + ":")) return line.substr(line.find_first_not_of(" \t", field.size() + 1));
  }
  return "";
}

}  // namespace

#if !defined(__SANITIZE_ADDRESS__)

TEST_CASE("confine: no program starts, and nothing is mounted or traced") {
  CHECK(confined_signal([] { (void)::execl("/bin/true", "true", nullptr); }) == SIGSYS);
  CHECK(confined_signal([] { (void)::mount("none", "/mnt", "tmpfs", 0, nullptr); }) == SIGSYS);
  CHECK(confined_signal([] { (void)::unshare(CLONE_NEWNET); }) == SIGSYS);
}

TEST_CASE("confine: no process, no packet socket, no memory that is writable and executable") {
  CHECK(confined_error([] { (void)::fork(); }) == EPERM);
  CHECK(confined_error([] { (void)::socket(AF_PACKET, SOCK_DGRAM, 0); }) == EPERM);
  CHECK(confined_error([] {
          (void)::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        }) == EPERM);
  CHECK(confined_error([] { (void)::setuid(0); }) == EPERM);
}

TEST_CASE("confine: sockets, files and threads go on") {
  const test::Directory directory;
  const int status = exit_status([&] {
    if (!confine::restrict_syscalls()) return 99;
    for (const int family : {AF_INET, AF_UNIX, AF_NETLINK}) {
      if (::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0) < 0) return 1;
    }
    if (::if_nametoindex("lo") == 0) return 2;
    std::ofstream file(directory.path + "/file");
    file << "text" << std::flush;
    if (!file) return 3;
    int from_thread = 0;
    std::thread([&] { from_thread = 1; }).join();
    return from_thread == 1 ? 0 : 4;
  });
  CHECK(status == 0);
}

#endif

TEST_CASE("confine: of the capabilities only those stay that are wanted and there") {
  const std::array wanted{CAP_NET_ADMIN};
  const bool is_root = ::geteuid() == 0;
  CHECK(exit_status([&] {
          if (!confine::keep_only(wanted)) return 1;
          const std::string left = is_root ? "0000000000001000" : "0000000000000000";
          if (process_status("CapPrm") != left || process_status("CapEff") != left) return 2;
          if (process_status("CapAmb") != "0000000000000000") return 3;
          if (is_root && process_status("CapBnd") != "0000000000000000") return 4;
          return process_status("NoNewPrivs") == "1" ? 0 : 5;
        }) == 0);
}

TEST_CASE("confine: another user, with a capability of root's") {
  if (::geteuid() != 0) return;
  const Result<std::optional<confine::Account>> nobody = confine::find_account("nobody");
  REQUIRE(nobody);
  REQUIRE(*nobody);
  const std::array wanted{CAP_NET_ADMIN};
  CHECK(exit_status([&] {
          if (!confine::become(**nobody, wanted)) return 1;
          if (::getuid() != (*nobody)->user || ::getegid() != (*nobody)->group) return 2;
          if (process_status("CapEff") != "0000000000001000") return 3;
          if (process_status("CapBnd") != "0000000000000000") return 4;
          if (::setuid(0) == 0) return 5;
          return process_status("NoNewPrivs") == "1" ? 0 : 6;
        }) == 0);
}

TEST_CASE("confine: accounts") {
  const Result<std::optional<confine::Account>> root = confine::find_account("root");
  REQUIRE(root);
  CHECK(*root == confine::Account{"root", 0, 0});
  const Result<std::optional<confine::Account>> none = confine::find_account("no-such-user");
  REQUIRE(none);
  CHECK_FALSE(*none);
}

TEST_CASE("confine: a directory is made with its mode, one that is there stays as it is") {
  const test::Directory directory;
  const confine::Account self{"self", ::geteuid(), ::getegid()};
  const std::string path = directory.path + "/a/b";
  const auto mode = [&] {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
  };
  REQUIRE(confine::provide_directory(path, 0750, self));
  CHECK(mode() == 0750);
  REQUIRE(confine::provide_directory(path, 0700, self));
  CHECK(mode() == 0750);
}

}  // namespace confine_test

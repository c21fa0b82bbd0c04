// SPDX-License-Identifier: GPL-2.0-or-later
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  if (::geteuid() != 0) {
    std::puts("SKIP kernel: needs root to make network namespaces");
    return 77;
  }
  return doctest::Context(argc, argv).run();
}

// SPDX-License-Identifier: GPL-2.0-or-later
#include "faults.hpp"

#include <unistd.h>

#include <csignal>

namespace rsip::test {

namespace {

std::uint32_t steps_left = 0;

}  // namespace

void stop_at(std::uint32_t step) {
  steps_left = step;
}

void step() {
  if (steps_left == 0 || --steps_left > 0) return;
  ::kill(::getpid(), SIGKILL);
}

bool stops_next() {
  return steps_left == 1;
}

}  // namespace rsip::test

// SPDX-License-Identifier: GPL-2.0-or-later
// Where the process may be stopped, as kill -9 does it: at one of the steps between a request and its answer.
#pragma once

#include <cstdint>

namespace rsip::test {

/// The process ends at the step with this number, counted from now on; 0: at none.
void stop_at(std::uint32_t step);

/// A step. Does not return where it is the one.
void step();

/// Whether the next step is the one: what it does may be done by half.
bool stops_next();

}  // namespace rsip::test

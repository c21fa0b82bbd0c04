// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>

#include "gateway/observer.hpp"

namespace rsip {

/// What has happened, in a line of logfmt:
///
///   event=assigned host=10.0.0.11 client=7 bind=3 method=RSIPSEC address=198.51.100.1 ports=40000-40007 ...
std::string logfmt(const gateway::Event& event);

/// Exactly one line in the log for each lease that is granted or ends. What hosts can cause without a lease (refusals)
/// is limited to a line a second over time; how many were left out stands in the next one.
class EventLog : public gateway::Observer {
 public:
  static constexpr std::uint32_t refusals_at_once = 60;

  void happened(const gateway::Event& event) override;

 private:
  bool take_turn(lease::Time now);

  lease::Time full_at_{};         ///< when refusals_at_once may be logged again
  std::uint64_t suppressed_ = 0;  ///< since the last one that was logged
};

}  // namespace rsip

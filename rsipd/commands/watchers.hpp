// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstddef>
#include <list>

#include "control/answer.hpp"
#include "gateway/observer.hpp"

namespace rsip::commands {

/// Operators who are told each event as it happens.
class Watchers : public gateway::Observer {
 public:
  void add(control::AnswerPtr answer);
  std::size_t count();

  void happened(const gateway::Event& event) override;

 private:
  void tell(const std::string& line);

  std::list<control::AnswerPtr> answers_;
};

}  // namespace rsip::commands

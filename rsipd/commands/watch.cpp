// SPDX-License-Identifier: GPL-2.0-or-later
// {"command": "watch"}: events as they happen, for as long as the other end listens. It begins with
// {"event": "watching"}, after which nothing is missed.
#include <chrono>

#include "commands/json.hpp"
#include "commands/reply.hpp"
#include "commands/verbs.hpp"
#include "events/words.hpp"

namespace rsip::commands {

using nlohmann::json;

namespace {

/// Seconds since 1970.
double wall_clock() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

}  // namespace

void Watchers::add(control::AnswerPtr answer) {
  if (answer->send(line_of({{"event", "watching"}, {"time", wall_clock()}}))) answers_.push_back(std::move(answer));
}

std::size_t Watchers::count() {
  answers_.remove_if([](const control::AnswerPtr& answer) { return !answer->is_open(); });
  return answers_.size();
}

void Watchers::happened(const gateway::Event& event) {
  if (answers_.empty() || word_for(event).empty()) return;
  json item = json_of(event);
  item["time"] = wall_clock();
  tell(line_of(item));
}

void Watchers::tell(const std::string& line) {
  answers_.remove_if([&line](const control::AnswerPtr& answer) { return !answer->send(line); });
}

void watch(const Context& context, const json& /*request*/, const control::AnswerPtr& answer) {
  context.watchers.add(answer);
}

}  // namespace rsip::commands

// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/reply.hpp"

#include <cstddef>
#include <utility>

namespace rsip::commands {

using nlohmann::json;

namespace {

/// A piece of a list takes about a millisecond to make.
constexpr std::size_t items_at_once = 64;
constexpr std::size_t bytes_at_once = std::size_t{64} * 1024;

const json the_end{{"done", true}};

class Pieces {
 public:
  explicit Pieces(std::function<std::optional<json>()> next) : next_(std::move(next)) {}

  std::optional<std::string> operator()() {
    if (over_) return std::nullopt;
    std::string piece;
    for (std::size_t i = 0; i < items_at_once && piece.size() < bytes_at_once && !over_; ++i) {
      const std::optional<json> item = next_();
      over_ = !item;
      piece += line_of(item ? *item : the_end) + '\n';
    }
    return piece;
  }

 private:
  std::function<std::optional<json>()> next_;
  bool over_ = false;
};

}  // namespace

std::string line_of(const json& item) {
  // What others have named (devices, errors) need not be UTF-8.
  return item.dump(-1, ' ', false, json::error_handler_t::replace);
}

void done(control::Answer& answer) {
  answer.reply(line_of(the_end));
}

void done(control::Answer& answer, const json& item) {
  if (answer.send(line_of(item))) done(answer);
}

void refuse(control::Answer& answer, const std::string& why) {
  answer.reply(line_of({{"error", why}}));
}

void list(control::Answer& answer, std::function<std::optional<json>()> next) {
  answer.send_pieces(Pieces(std::move(next)));
}

}  // namespace rsip::commands

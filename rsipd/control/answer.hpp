// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace rsip::control {

/// The way back to whoever has asked: lines, now or later, and the end of them. Of no effect when the other end has
/// gone; one that is dropped without an end has gone, too.
class Answer {
 public:
  Answer() = default;
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  virtual ~Answer() = default;

  /// Some lines, each with its newline, or none yet; nothing when there are no more.
  using Pieces = std::function<std::optional<std::string>()>;

  /// One line, which is queued if the other end does not read. False where it has gone, or has left too much unread,
  /// which is the end of it.
  virtual bool send(std::string_view line) = 0;
  /// A long answer: each piece is asked for when the other end has read the last one. It ends with the pieces.
  virtual void send_pieces(Pieces next) = 0;
  /// Nothing comes after what was sent.
  virtual void end() = 0;
  /// Whether the other end may still read what is sent.
  virtual bool is_open() const = 0;

  /// All there is to say.
  void reply(std::string_view line) {
    if (send(line)) end();
  }
};

using AnswerPtr = std::shared_ptr<Answer>;

}  // namespace rsip::control

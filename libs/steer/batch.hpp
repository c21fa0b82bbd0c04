// SPDX-License-Identifier: GPL-2.0-or-later
// Internal to libs/steer: the bytes of one nfnetlink batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "steer/transaction.hpp"

struct nlmsghdr;

namespace rsip::steer {

/// NFPROTO_*
std::uint8_t protocol_family(Family family);

/// Turns a transaction into one batch: many elements in each message, only the last message acknowledged.
class Batch {
 public:
  /// `sequence`: number of the first message; the others count on. `revive`: put an addition of the same element
  /// before each removal, so that one whose time has run out can be removed too.
  Batch(const Transaction& transaction, std::uint32_t sequence, bool revive);
  /// Makes the tables with this name those of the socket that sends it, beyond its end, and makes them where there are
  /// none. `trial`: the kernel says whether that would do, and leaves all as it is.
  static Batch owning_tables(std::uint32_t sequence, bool trial, const char* name = "rsip");
  static Batch deleting_table(Family family, std::uint32_t sequence);

  const void* data() const { return buffer_.data(); }
  std::size_t size() const { return size_; }
  std::uint32_t first_sequence() const { return first_sequence_; }
  std::uint32_t last_sequence() const { return last_sequence_; }  ///< of the message that is acknowledged
  std::uint32_t next_sequence() const { return next_sequence_; }

  /// What the message was about: "add ip port_out rsip1 . 198.51.100.1 . 40000 (client 7 bind 3 10.0.0.11)".
  /// `offset`: the place in the message that the kernel points to; 0 where it does not.
  std::string describe(std::uint32_t sequence, std::size_t offset) const;

 private:
  /// Where an element went.
  struct Place {
    std::uint32_t sequence;
    std::size_t offset;
    const Element* element;
    const char* verb;
  };

  explicit Batch(std::uint32_t sequence) : first_sequence_(sequence), next_sequence_(sequence) {}
  void make_room(std::size_t bytes);
  void write_boundary(std::uint16_t type);
  void write_flushes();
  void write_table(Family family, const char* name, std::uint16_t type, std::uint32_t flags);
  void write_end(bool trial = false);
  void write_elements(const Elements& elements, std::uint16_t type, std::uint16_t flags, const char* verb);
  nlmsghdr* message_at(std::size_t offset);
  nlmsghdr* begin_message(std::uint16_t type, std::uint16_t flags, std::uint8_t family);
  void end_message(const nlmsghdr* message);
  void end_change(const nlmsghdr* message);

  std::vector<std::uint64_t> buffer_;  // 64-bit words: messages must be aligned
  std::size_t size_ = 0;
  std::size_t last_offset_ = 0;  // of the message that is acknowledged; 0: there is none
  std::uint32_t first_sequence_;
  std::uint32_t last_sequence_ = 0;
  std::uint32_t next_sequence_;
  std::vector<Place> places_;
};

}  // namespace rsip::steer

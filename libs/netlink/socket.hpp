// SPDX-License-Identifier: GPL-2.0-or-later
// Requests to the kernel over netlink (rtnetlink mostly): build one message, send it, wait for the answer.
// Users need no libmnl header; they include the kernel's own (linux/rtnetlink.h, linux/if_link.h) for the numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "types/ipv4.hpp"
#include "types/result.hpp"

struct mnl_socket;
struct nlattr;
struct nlmsghdr;

namespace rsip::netlink {

using Bytes = std::span<const std::uint8_t>;

/// One request under construction. Numbers are given in host byte order unless a comment says otherwise.
/// An attribute that does not fit (8 KiB in all) makes Socket::request fail with EMSGSIZE.
///
///     Message link(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
///     link.header<ifinfomsg>().ifi_family = AF_UNSPEC;
///     link.put_text(IFLA_IFNAME, "rsip1");
class Message {
 public:
  /// `flags` without NLM_F_REQUEST and NLM_F_ACK, which every request gets (a dump gets no NLM_F_ACK).
  Message(std::uint16_t type, std::uint16_t flags);

  /// Appends the zeroed family header (ifinfomsg, ifaddrmsg, rtmsg, fib_rule_hdr). Once, before any attribute.
  template <typename Header>
  Header& header() {
    return *static_cast<Header*>(extra_header(sizeof(Header)));
  }

  Message& put_u8(std::uint16_t attribute, std::uint8_t value);
  Message& put_u16(std::uint16_t attribute, std::uint16_t value);
  Message& put_u32(std::uint16_t attribute, std::uint32_t value);
  Message& put_address(std::uint16_t attribute, Ipv4 address);
  Message& put_text(std::uint16_t attribute, std::string_view text);
  Message& put_bytes(std::uint16_t attribute, Bytes bytes);

  /// Opens a nested attribute; closed by the matching end(). Nests may nest.
  Message& begin(std::uint16_t attribute);
  Message& end();

 private:
  friend class Socket;
  void* extra_header(std::size_t size);
  nlmsghdr* head();

  std::vector<std::uint64_t> buffer_;  // 64-bit words: the message must be aligned
  std::vector<std::size_t> open_;      // offsets of the nests not closed yet
  bool overflow_ = false;
};

/// The attributes of an answer, or those nested in one of them. Refers to the answer's bytes.
class Attributes {
 public:
  explicit Attributes(Bytes bytes) : bytes_(bytes) {}

  std::optional<Bytes> find(std::uint16_t type) const;
  /// A 1, 2 or 4 byte number; nothing where the attribute is absent or of another size.
  std::optional<std::uint32_t> integer(std::uint16_t type) const;
  std::optional<Ipv4> address(std::uint16_t type) const;
  /// Empty where absent.
  std::string text(std::uint16_t type) const;
  /// Of each attribute of this type, in order.
  std::vector<std::string> texts(std::uint16_t type) const;
  /// No attributes where absent.
  Attributes nested(std::uint16_t type) const;
  /// All that have this type, in order: a list's items.
  void each(std::uint16_t type, const std::function<void(Attributes)>& item) const;

 private:
  Bytes bytes_;
};

/// One message of an answer. Valid only inside the callback.
struct Reply {
  std::uint16_t type;
  Bytes payload;

  /// The family header at the start; null where the message is too short for it.
  template <typename Header>
  const Header* header() const {
    return payload.size() < sizeof(Header) ? nullptr
                                           : static_cast<const Header*>(static_cast<const void*>(payload.data()));
  }
  /// What follows a family header of `header_size` bytes.
  Attributes attributes(std::size_t header_size) const;
};

/// A netlink socket that sends one request at a time and waits for its answer.
class Socket {
 public:
  /// `bus`: NETLINK_ROUTE and the like. The socket stays in the network namespace in which it was opened.
  static Result<Socket> open(int bus);

  /// Makes the kernel take the header and attributes of a dump's request as a filter, where they are not zero.
  Result<void> filter_dumps();

  /// Sends the request and waits until the kernel has acknowledged it, or ended the dump when the message carries
  /// NLM_F_DUMP. `each` sees every message of the answer. `what` names the object for the error: "add device rsip3".
  /// The kernel's errno is the error's code; its own explanation, where it gives one, is appended to `what`.
  /// A dump that the kernel marks as interrupted by a change fails with EINTR: ask again.
  Result<void> request(Message& message, std::string_view what, const std::function<void(const Reply&)>& each = {});

  /// The same in steps, for a dump that may be long: sends the request ...
  Result<void> begin(Message& message, std::string_view what);
  /// ... and reads a part of the answer, at most some hundred messages. False: it was the last. That a dump was
  /// interrupted by a change is no error here.
  Result<bool> next(std::string_view what, const std::function<void(const Reply&)>& each);

 private:
  /// Nothing where there is more to come, else the kernel's verdict.
  Result<std::optional<Error>> receive(std::string_view what, const std::function<void(const Reply&)>& each);

  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  explicit Socket(std::unique_ptr<mnl_socket, Close> socket) : socket_(std::move(socket)) {}

  std::unique_ptr<mnl_socket, Close> socket_;
  std::uint32_t sequence_ = 0;
  bool interrupted_ = false;  ///< the dump that is being read
};

}  // namespace rsip::netlink

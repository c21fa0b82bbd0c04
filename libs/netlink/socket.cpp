// SPDX-License-Identifier: GPL-2.0-or-later
#include "netlink/socket.hpp"

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace rsip::netlink {
namespace {

/// What ends an answer: the kernel's errno (0 for success) and its explanation, if any.
struct Verdict {
  int code = 0;
  std::string explanation;
};

/// NLMSG_ERROR, an acknowledgement included. We ask for NETLINK_CAP_ACK, so only the request's header is quoted
/// before the extended attributes.
Verdict read_error(const nlmsghdr* message) {
  if (mnl_nlmsg_get_payload_len(message) < sizeof(nlmsgerr)) return {EBADMSG, {}};
  const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(message));
  Verdict verdict{-error->error, {}};
  if ((message->nlmsg_flags & NLM_F_ACK_TLVS) != 0) {
    const auto* start = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(message)) + sizeof(nlmsgerr);
    const Attributes attributes(Bytes(start, mnl_nlmsg_get_payload_len(message) - sizeof(nlmsgerr)));
    verdict.explanation = attributes.text(NLMSGERR_ATTR_MSG);
  }
  return verdict;
}

/// NLMSG_DONE carries the dump's errno.
Verdict read_done(const nlmsghdr* message) {
  if (mnl_nlmsg_get_payload_len(message) < sizeof(int)) return {};
  return {-*static_cast<const int*>(mnl_nlmsg_get_payload(message)), {}};
}

}  // namespace

void Socket::Close::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

Result<Socket> Socket::open(int bus) {
  std::unique_ptr<mnl_socket, Close> socket(mnl_socket_open2(bus, SOCK_CLOEXEC));
  if (!socket) return failure(errno, "open a netlink socket");
  if (mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0) return failure(errno, "bind a netlink socket");
  int on = 1;
  for (const int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK}) {
    if (mnl_socket_setsockopt(socket.get(), option, &on, sizeof(on)) != 0) {
      return failure(errno, "ask netlink for explanations of errors");
    }
  }
  return Socket(std::move(socket));
}

Result<void> Socket::filter_dumps() {
  int on = 1;
  if (mnl_socket_setsockopt(socket_.get(), NETLINK_GET_STRICT_CHK, &on, sizeof(on)) != 0) {
    return failure(errno, "ask netlink to filter dumps");
  }
  return {};
}

Result<void> Socket::begin(Message& message, std::string_view what) {
  if (message.overflow_) return failure(EMSGSIZE, std::string(what));
  nlmsghdr* head = message.head();
  head->nlmsg_seq = ++sequence_;
  interrupted_ = false;
  if (mnl_socket_sendto(socket_.get(), head, head->nlmsg_len) < 0) return failure(errno, std::string(what));
  return {};
}

Result<std::optional<Error>> Socket::receive(std::string_view what, const std::function<void(const Reply&)>& each) {
  alignas(nlmsghdr) std::array<std::uint8_t, 32768> buffer;  // the kernel's own limit for a part of a dump
  ssize_t received = -1;
  do {
    received = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
  } while (received < 0 && errno == EINTR);
  if (received < 0) return failure(errno, std::string(what));
  std::optional<Verdict> verdict;
  int left = static_cast<int>(received);
  for (const auto* part = static_cast<const nlmsghdr*>(static_cast<const void*>(buffer.data()));
       mnl_nlmsg_ok(part, left) && !verdict; part = mnl_nlmsg_next(part, &left)) {
    if (part->nlmsg_seq != sequence_) continue;  // the rest of an answer that was given up on
    interrupted_ |= (part->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
    if (part->nlmsg_type == NLMSG_ERROR) {
      verdict = read_error(part);
    } else if (part->nlmsg_type == NLMSG_DONE) {
      verdict = read_done(part);
    } else if (each) {
      each(Reply{part->nlmsg_type, Bytes(static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(part)),
                                         mnl_nlmsg_get_payload_len(part))});
    }
  }
  if (!verdict) return std::nullopt;
  std::string object(what);
  if (!verdict->explanation.empty()) object += " (" + verdict->explanation + ")";
  return Error{verdict->code, object, {}};
}

Result<void> Socket::request(Message& message, std::string_view what, const std::function<void(const Reply&)>& each) {
  if (Result<void> sent = begin(message, what); !sent) return sent;
  std::optional<Error> verdict;
  while (!verdict) {
    Result<std::optional<Error>> received = receive(what, each);
    if (!received) return tl::unexpected(received.error());
    verdict = std::move(*received);
  }
  if (interrupted_ && verdict->code == 0) verdict->code = EINTR;
  if (verdict->code == 0) return {};
  return tl::unexpected(*verdict);
}

Result<bool> Socket::next(std::string_view what, const std::function<void(const Reply&)>& each) {
  const Result<std::optional<Error>> received = receive(what, each);
  if (!received) return tl::unexpected(received.error());
  if (!*received) return true;
  if ((*received)->code != 0) return tl::unexpected(**received);
  return false;
}

}  // namespace rsip::netlink

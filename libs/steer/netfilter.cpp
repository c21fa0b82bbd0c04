// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/netfilter.hpp"

#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace rsip::steer {
namespace {

/// Enough for a datagram of the kernel's: a page, or one message that is longer.
using Buffer = std::array<char, 8192>;

}  // namespace

void NetfilterSocket::Close::operator()(mnl_socket* socket) const {
  mnl_socket_close(socket);
}

int NetfilterSocket::fd() const {
  return mnl_socket_get_fd(socket_.get());
}

Result<NetfilterSocket> NetfilterSocket::open(std::string what) {
  std::unique_ptr<mnl_socket, Close> socket(mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC));
  if (!socket) return failure(errno, what);
  if (mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0) return failure(errno, what);
  return NetfilterSocket(std::move(socket), std::move(what));
}

Result<void> NetfilterSocket::configure(nlmsghdr* message, const ClaimRemedies& remedies) {
  message->nlmsg_flags |= NLM_F_ACK;
  if (Result<void> sent = send(message); !sent) return sent;
  alignas(nlmsghdr) Buffer buffer;
  const ssize_t received = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
  if (received < 0) return failure(errno, what_);
  if (mnl_cb_run(buffer.data(), static_cast<std::size_t>(received), 0, 0, nullptr, nullptr) >= 0) return {};
  switch (errno) {
    case EPERM:  // the kernel does not tell the two apart
      return failure(EPERM, what_, std::string(remedies.taken) + ", or CAP_NET_ADMIN is missing");
    case EINVAL:
    case EOPNOTSUPP:
      return failure(errno, what_, remedies.module);
    default:
      return failure(errno, what_);
  }
}

Result<void> NetfilterSocket::stop_blocking() {
  const int flags = ::fcntl(fd(), F_GETFL);
  if (flags < 0 || ::fcntl(fd(), F_SETFL, flags | O_NONBLOCK) != 0) return failure(errno, what_);
  return {};
}

Result<void> NetfilterSocket::send(const nlmsghdr* message) {
  if (mnl_socket_sendto(socket_.get(), message, message->nlmsg_len) < 0) return failure(errno, what_);
  return {};
}

Result<void> NetfilterSocket::read(int batch, const std::function<Result<void>(const nlmsghdr*)>& handler) {
  alignas(nlmsghdr) Buffer buffer;
  for (int i = 0; i < batch; ++i) {
    const ssize_t received = mnl_socket_recvfrom(socket_.get(), buffer.data(), buffer.size());
    if (received < 0) {
      if (errno == EAGAIN) return {};
      if (errno == EINTR) continue;
      if (errno == ENOBUFS) {  // the kernel has dropped the packets that did not fit; the rest is still there
        ++overruns_;
        continue;
      }
      return failure(errno, what_);
    }
    int left = static_cast<int>(received);
    const void* start = buffer.data();
    for (const auto* message = static_cast<const nlmsghdr*>(start); mnl_nlmsg_ok(message, left);
         message = mnl_nlmsg_next(message, &left)) {
      if (Result<void> handled = handler(message); !handled) return handled;
    }
  }
  return {};
}

}  // namespace rsip::steer

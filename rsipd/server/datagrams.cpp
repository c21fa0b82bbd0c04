// SPDX-License-Identifier: GPL-2.0-or-later
#include "server/datagrams.hpp"

#include <arpa/inet.h>

#include "wire/message.hpp"

namespace rsip::server {

Datagrams::Datagrams() : memory_(batch * wire::max_message_size) {
  for (std::size_t i = 0; i < batch; ++i) {
    buffers_[i] = {.iov_base = memory_.data() + i * wire::max_message_size, .iov_len = wire::max_message_size};
    headers_[i].msg_hdr.msg_iov = &buffers_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
    headers_[i].msg_hdr.msg_name = &senders_[i];
  }
}

std::span<const Datagrams::Datagram> Datagrams::receive(int socket) {
  for (mmsghdr& header : headers_) header.msg_hdr.msg_namelen = sizeof(sockaddr_in);
  const int count = recvmmsg(socket, headers_.data(), batch, MSG_DONTWAIT, nullptr);
  if (count <= 0) return {};
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    const std::uint8_t* bytes = memory_.data() + i * wire::max_message_size;
    received_[i] = {.host = Ipv4{ntohl(senders_[i].sin_addr.s_addr)},
                    .port = ntohs(senders_[i].sin_port),
                    .bytes = {bytes, headers_[i].msg_len}};
  }
  return std::span(received_).first(static_cast<std::size_t>(count));
}

}  // namespace rsip::server

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "netlink/socket.hpp"
#include "steer/transaction.hpp"
#include "types/result.hpp"

struct mnl_socket;

namespace rsip::steer {

/// Puts elements into the maps and sets of the loaded skeleton and takes them out again.
class Nft {
 public:
  /// In the network namespace of the caller.
  static Result<Nft> open();

  /// One netlink transaction; returns when the kernel has made it or refused it as a whole. Errors name the element:
  ///   EEXIST  an added key is there already
  ///   ENOENT  the tables or sets are gone: load the skeleton again
  /// A removal that names the wrong device may be refused with EBUSY or EEXIST.
  Result<void> commit(const Transaction& transaction);

  /// The netlink port ID by which the kernel tells our transactions from those of others.
  std::uint32_t port() const;

  /// The packet counter of an element that is in force; 0 where its set counts nothing. ENOENT: it is not there.
  Result<std::uint64_t> packets(const Element& element);

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  Nft(std::unique_ptr<mnl_socket, Close> socket, netlink::Socket queries)
      : socket_(std::move(socket)), queries_(std::move(queries)) {}

  Result<void> send(const Transaction& transaction, bool revive);

  std::unique_ptr<mnl_socket, Close> socket_;  ///< for transactions
  netlink::Socket queries_;
  std::uint32_t sequence_ = 0;
  int send_buffer_ = 0;
};

}  // namespace rsip::steer

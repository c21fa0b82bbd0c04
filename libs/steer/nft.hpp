// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>

#include "netlink/socket.hpp"
#include "steer/transaction.hpp"
#include "types/result.hpp"

struct mnl_socket;

namespace rsip::steer {

class Batch;

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

  /// Nobody else can change or delete our tables from now on, until disown_tables() or the end of this object; where
  /// there are none, empty ones are made. EOPNOTSUPP: the kernel is too old for that, or a table was made without.
  /// EPERM: they are another process's.
  Result<void> own_tables();
  /// Whether own_tables() would do; changes nothing.
  Result<void> try_to_own_tables();
  /// Everybody can change our tables again, such as libnftables, which has a socket of its own.
  Result<void> disown_tables();
  /// Deletes both tables with all that is in them. No error where there are none.
  Result<void> delete_tables();

  /// The netlink port ID by which the kernel tells our transactions from those of others.
  std::uint32_t port() const;

  /// The packet counter of an element that is in force; 0 where its set counts nothing. ENOENT: it is not there.
  Result<std::uint64_t> packets(const Element& element);

 private:
  struct Close {
    void operator()(mnl_socket* socket) const;
  };
  using SocketPtr = std::unique_ptr<mnl_socket, Close>;
  Nft(SocketPtr socket, netlink::Socket queries) : socket_(std::move(socket)), queries_(std::move(queries)) {}

  static Result<SocketPtr> open_socket();
  Result<void> bind(std::uint32_t port);
  Result<void> own_tables(bool trial);
  Result<void> send(const Batch& batch);

  SocketPtr socket_;  ///< for transactions; the kernel knows the owner of a table by it
  netlink::Socket queries_;
  std::uint32_t sequence_ = 0;
  int send_buffer_ = 0;
};

}  // namespace rsip::steer

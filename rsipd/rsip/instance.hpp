// SPDX-License-Identifier: GPL-2.0-or-later
// One running `rsip up`: the session with the gateway, and this host's kernel and files as the lease wants them.
#pragma once

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <memory>
#include <optional>

#include "host/client.hpp"
#include "host/kernel.hpp"
#include "rsip/lock.hpp"
#include "rsip/options.hpp"
#include "rsip/report.hpp"
#include "rsip/state.hpp"

namespace rsip::program {

class Instance {
 public:
  Instance(const Options& options, Report report) : options_(options), report_(std::move(report)), signals_(io_) {}

  /// From the first word to the gateway until everything is undone. The exit code.
  int run();

 private:
  Result<void> prepare();
  Result<void> refuse_second_registration();
  Result<void> make_client();
  void wait_for_signals();

  void granted(const host::Grant& grant);
  Result<void> put_in_force(const host::Grant& grant);
  void extended();
  void ended(const host::EndReason& reason, const std::string& text);
  /// The last word: to the caller, or to the log once the caller has had its report.
  void finish(ExitCode code, const std::string& text);
  /// Takes the lease out of the kernel; once nothing is left, again at no cost.
  void clean_up();
  Result<void> save();

  Options options_;
  Report report_;
  asio::io_context io_;
  asio::signal_set signals_;
  std::optional<Lock> lock_;
  std::optional<host::Kernel> kernel_;
  std::unique_ptr<host::Client> client_;
  State state_;
  std::optional<host::Network> in_force_;
  std::optional<Error> failed_;  // on this host, as opposed to at the gateway
  int exit_code_ = exit_ok;
};

}  // namespace rsip::program

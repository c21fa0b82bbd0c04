// SPDX-License-Identifier: GPL-2.0-or-later
// One running `rsip up`: the session with the gateway, this host's kernel and files as the leases want them, and the
// control socket. The first lease's life is the instance's; where a further one cannot be put in force, it is given
// back.
#pragma once

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <optional>

#include "control/control_server.hpp"
#include "control/service_manager.hpp"
#include "host/client.hpp"
#include "host/kernel.hpp"
#include "rsip/control_message.hpp"
#include "rsip/follower.hpp"
#include "rsip/lock.hpp"
#include "rsip/options.hpp"
#include "rsip/report.hpp"
#include "rsip/state.hpp"

namespace rsip::program {

class Instance {
 public:
  Instance(const Options& options, Report report)
      : options_(options), report_(std::move(report)), signals_(io_), saving_(io_) {}

  /// From the first word to the gateway until everything is undone. The exit code.
  int run();

 private:
  Result<void> take_over();
  Result<void> find_gateway();
  bool from_default_route() const;
  Result<void> prepare();
  Result<void> refuse_second_registration();
  Result<void> make_client();
  Result<void> make_follower();
  void wait_for_signals();

  void granted(const host::Grant& grant);
  void extended(const host::Grant& grant);
  void withdraw();
  void ended(const host::EndReason& reason, const std::string& text);
  bool is_first(const host::Grant& grant) const;
  bool is_followed(const host::Grant& grant) const;
  /// All that the session holds: state file, kernel, snippet.
  Result<void> put_in_force();
  /// The state file, in a moment: it has all leases, and many may change at once.
  void save_soon();
  void note_leases();

  // instance_control.cpp
  Result<void> open_control();
  Result<void> confine();
  void serve(const std::string& line, const control::AnswerPtr& answer);
  void answered(host::CommandId id, const host::Outcome& outcome);
  nlohmann::json response_to(const host::Outcome& outcome, const std::vector<host::Place>& places);
  /// What this host could not put in force; nobody waits for the answer.
  void give_back_rejected();

  /// The last word: to the caller, or to the log once the caller has had its report.
  void finish(ExitCode code, const std::string& text);
  /// Takes the lease out of the kernel; once nothing is left, again at no cost.
  void clean_up();
  Result<void> save();

  Options options_;
  Report report_;
  asio::io_context io_;
  control::ServiceManager manager_{io_};
  asio::signal_set signals_;
  asio::steady_timer saving_;  // until save_soon() is due
  std::optional<Lock> lock_;
  std::optional<host::Kernel> kernel_;
  std::unique_ptr<host::Client> client_;
  std::unique_ptr<Follower> follower_;  // with --follow-sas
  std::unique_ptr<control::ControlServer> control_;
  host::Peer peer_;
  State state_;
  host::Network base_;           // the first lease's network, before there is a lease
  std::optional<Error> failed_;  // on this host, as opposed to at the gateway

  /// A command under way, and what its answer needs.
  struct Pending {
    control::AnswerPtr answer;
    std::vector<host::Place> places;  // of a query
  };
  std::map<host::CommandId, Pending> pending_;
  std::uint64_t commands_ = 0;
  std::optional<host::CommandId> following_;  // the command that the follower waits for
  /// A further grant that this host could not put in force, and why.
  struct Rejected {
    host::Grant grant;
    Error error;
  };
  std::optional<Rejected> rejected_;  // the last one
  int exit_code_ = exit_ok;
};

}  // namespace rsip::program

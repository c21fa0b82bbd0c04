// SPDX-License-Identifier: GPL-2.0-or-later
// What a running instance does for the one at its control socket.
#include <spdlog/spdlog.h>

#include <asio/post.hpp>

#include "rsip/instance.hpp"

namespace rsip::program {

Result<void> Instance::open_control() {
  Result<std::unique_ptr<control::ControlServer>> control = control::ControlServer::create(
      io_, control_path(options_.runtime_dir, options_.device),
      [this](const std::string& line, const control::AnswerPtr& answer) { serve(line, answer); });
  if (!control) return tl::unexpected(control.error());
  control_ = std::move(*control);
  return {};
}

void Instance::serve(const std::string& line, const control::AnswerPtr& answer) {
  tl::expected<ControlRequest, std::string> request = parse_request(line);
  if (!request) {
    answer->reply(failure_response(exit_usage, request.error()).dump());
    return;
  }
  const host::CommandId id{++commands_};
  pending_[id] = {answer, std::move(request->places)};
  client_->command({id, std::move(request->order)});
}

void Instance::answered(host::CommandId id, const host::Outcome& outcome) {
  if (id == following_) {
    following_.reset();
    follower_->answered(outcome);
    return;
  }
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;  // one of the instance's own
  found->second.answer->reply(response_to(outcome, found->second.places).dump());
  pending_.erase(found);
}

nlohmann::json Instance::response_to(const host::Outcome& outcome, const std::vector<host::Place>& places) {
  if (const auto* failure = std::get_if<host::Failure>(&outcome)) {
    return failure_response(exit_code_of_failure(*failure), client_->explain(*failure));
  }
  if (const auto* queried = std::get_if<host::Queried>(&outcome)) {
    return places_response(host::located(places, queried->tuples));
  }
  if (const auto* freed = std::get_if<host::Freed>(&outcome)) return binding_response({freed->grant, unix_time()});
  const host::Grant& grant = std::get<host::Assigned>(outcome).grant;
  if (rejected_ && rejected_->grant == grant) {
    return failure_response(exit_code_of(rejected_->error), rejected_->error.text());
  }
  const host::Binding* binding = client_->bindings().find(grant.bind, grant.client);
  return binding_response(binding != nullptr ? lease_of(*binding->held) : Lease{grant, unix_time()});
}

void Instance::give_back_rejected() {
  const host::Grant& grant = rejected_->grant;
  spdlog::error("{}: binding {} is given back: {}", options_.device, number(grant.bind), rejected_->error.text());
  // Not from within the client's own event.
  asio::post(io_, [this, bind = grant.bind] {
    client_->command({host::CommandId{++commands_}, host::Free{bind}});
    rejected_.reset();
  });
}

}  // namespace rsip::program

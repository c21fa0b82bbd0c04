// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/sa_watch.hpp"

#include <asio/io_context.hpp>

namespace rsip::host {

SaWatch::SaWatch(asio::io_context& io, xfrm::Database database, xfrm::Monitor monitor, Events events)
    : database_(std::move(database)),
      monitor_(std::move(monitor)),
      readable_(io, monitor_.descriptor()),
      events_(std::move(events)) {
  wait();
}

SaWatch::~SaWatch() {
  (void)readable_.release();  // the monitor closes it
}

Result<std::unique_ptr<SaWatch>> SaWatch::create(asio::io_context& io, Events events) {
  Result<std::optional<xfrm::Database>> database = xfrm::Database::open();
  if (!database) return tl::unexpected(database.error());
  Result<std::optional<xfrm::Monitor>> monitor = xfrm::Monitor::open();
  if (!monitor) return tl::unexpected(monitor.error());
  if (!*database || !*monitor) return failure(EPROTONOSUPPORT, "follow security associations", "modprobe xfrm_user");
  return std::unique_ptr<SaWatch>(new SaWatch(io, std::move(**database), std::move(**monitor), std::move(events)));
}

void SaWatch::wait() {
  readable_.async_wait(asio::posix::stream_descriptor::wait_read, [this](const std::error_code& error) {
    if (error) return;  // this is being destroyed
    const Result<std::vector<xfrm::Event>> events = monitor_.events();
    if (!events) return events_.failed(events.error());
    wait();
    for (const xfrm::Event& event : *events) events_.happened(event);
    if (!events->empty()) events_.settled();
  });
}

}  // namespace rsip::host

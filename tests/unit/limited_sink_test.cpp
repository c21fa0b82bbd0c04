// SPDX-License-Identifier: GPL-2.0-or-later
#include "events/limited_sink.hpp"

#include <doctest/doctest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <sstream>

namespace limited_sink_test {

using namespace rsip;
using namespace std::chrono_literals;

namespace {

struct Log {
  std::ostringstream text;
  std::shared_ptr<LimitedSink> sink =
      std::make_shared<LimitedSink>(std::make_shared<spdlog::sinks::ostream_sink_st>(text));
  spdlog::log_clock::time_point now{1000s};

  Log() { sink->set_pattern("%v"); }
  void write(spdlog::level::level_enum level, int count) {
    for (int i = 0; i < count; ++i) sink->log({now, {}, "rsipd", level, "line"});
  }
  std::size_t lines() const {
    const std::string all = text.str();
    return static_cast<std::size_t>(std::ranges::count(all, '\n'));
  }
};

}  // namespace

TEST_CASE("limited sink: errors beyond the rate are counted instead, and what happens to leases is not limited") {
  Log log;
  log.write(spdlog::level::err, 1000);
  CHECK(log.lines() == 100);
  log.write(spdlog::level::info, 1000);
  CHECK(log.lines() == 1100);
  log.now += 1s;
  log.write(spdlog::level::warn, 1000);
  CHECK(log.lines() == 1111);  // ten, and one about those left out
  CHECK(log.text.str().find("event=lines-left-out count=900\nline\n") != std::string::npos);
}

TEST_CASE("limited sink: a clock that is set back opens nothing") {
  Log log;
  log.write(spdlog::level::err, 100);
  log.now -= 3600s;
  log.write(spdlog::level::err, 100);
  CHECK(log.lines() == 100);
  log.now += 10s;
  log.write(spdlog::level::err, 200);
  CHECK(log.lines() == 201);
}

}  // namespace limited_sink_test

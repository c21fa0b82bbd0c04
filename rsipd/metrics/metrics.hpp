// SPDX-License-Identifier: GPL-2.0-or-later
// What Prometheus is told. Names are those of rsipd(8), METRICS; they follow
// https://prometheus.io/docs/practices/naming/.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gateway/observer.hpp"
#include "steer/queue.hpp"

namespace rsip::metrics {

/// Counts what happens. Everything is done in the event loop, so that a collection sees one moment.
class Metrics : public gateway::Observer {
 public:
  Metrics();

  void happened(const gateway::Event& event) override;
  /// A request has been answered so long after it had come.
  void answered_after(std::chrono::nanoseconds time);
  /// A transaction of nf_tables has been made, or refused.
  void committed(std::chrono::nanoseconds time, bool done);
  /// A first IKE packet has been judged.
  void judged(steer::Verdict verdict);

  std::vector<prometheus::MetricFamily> collect() const { return registry_.Collect(); }

 private:
  prometheus::Counter& request(const std::string& type, const std::string& result);

  prometheus::Registry registry_;
  prometheus::Family<prometheus::Counter>& requests_;
  prometheus::Family<prometheus::Counter>& granted_;
  prometheus::Family<prometheus::Counter>& ended_;
  prometheus::Counter& extended_;
  prometheus::Family<prometheus::Counter>& denied_;
  prometheus::Family<prometheus::Counter>& verdicts_;
  prometheus::Counter& learned_;
  prometheus::Histogram& latency_;
  prometheus::Histogram& transaction_time_;
  prometheus::Counter& failed_transactions_;
};

}  // namespace rsip::metrics

// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <prometheus/metric_family.h>

#include <initializer_list>
#include <string>

namespace rsip::metrics {

using Label = prometheus::ClientMetric::Label;

inline prometheus::MetricFamily gauge(std::string name, std::string help) {
  return {std::move(name), std::move(help), prometheus::MetricType::Gauge, {}};
}

inline prometheus::MetricFamily counter(std::string name, std::string help) {
  return {std::move(name), std::move(help), prometheus::MetricType::Counter, {}};
}

/// Adds a value to a gauge or a counter.
template <typename Number>
void add(prometheus::MetricFamily& family, Number value, std::initializer_list<Label> labels = {}) {
  prometheus::ClientMetric metric;
  metric.label = labels;
  (family.type == prometheus::MetricType::Gauge ? metric.gauge.value : metric.counter.value) =
      static_cast<double>(value);
  family.metric.push_back(std::move(metric));
}

}  // namespace rsip::metrics

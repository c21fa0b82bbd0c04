// SPDX-License-Identifier: GPL-2.0-or-later
// {"command": "metrics"}: what Prometheus is told, a family of metrics each.
#include <array>

#include "commands/reply.hpp"
#include "commands/verbs.hpp"

namespace rsip::commands {

using nlohmann::json;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

namespace {

json samples_of(const MetricFamily& family) {
  json samples = json::array();
  for (const ClientMetric& metric : family.metric) {
    json labels = json::object();
    for (const ClientMetric::Label& label : metric.label) labels[label.name] = label.value;
    json sample{{"labels", std::move(labels)}};
    if (family.type == MetricType::Histogram) {
      json buckets = json::array();
      for (const ClientMetric::Bucket& bucket : metric.histogram.bucket) {
        // Infinity is no number of JSON's; it is what the count says.
        if (bucket.upper_bound > 1e9) continue;
        buckets.push_back({{"le", bucket.upper_bound}, {"count", bucket.cumulative_count}});
      }
      sample["count"] = metric.histogram.sample_count;
      sample["sum"] = metric.histogram.sample_sum;
      sample["buckets"] = std::move(buckets);
    } else {
      sample["value"] = family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value;
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

const char* type_of(const MetricFamily& family) {
  switch (family.type) {
    case MetricType::Counter:
      return "counter";
    case MetricType::Histogram:
      return "histogram";
    default:
      return "gauge";
  }
}

}  // namespace

void metrics(const Context& context, const json& /*request*/, const control::AnswerPtr& answer) {
  list(*answer, [families = context.metrics(), next = std::size_t{0}]() mutable -> std::optional<json> {
    if (next == families.size()) return std::nullopt;
    const MetricFamily& family = families[next++];
    return json{
        {"name", family.name}, {"help", family.help}, {"type", type_of(family)}, {"samples", samples_of(family)}};
  });
}

}  // namespace rsip::commands

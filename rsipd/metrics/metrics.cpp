// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/metrics.hpp"

#include "events/words.hpp"

namespace rsip::metrics {

namespace {

using prometheus::BuildCounter;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;
using prometheus::Registry;

Family<Counter>& counters(Registry& registry, const char* name, const char* help) {
  return BuildCounter().Name(name).Help(help).Register(registry);
}

Counter& counter(Registry& registry, const char* name, const char* help) {
  return counters(registry, name, help).Add({});
}

/// From 50 microseconds to a second, as wide as a transaction alone and a host that waits for its turn.
Histogram& durations(Registry& registry, const char* name, const char* help) {
  const Histogram::BucketBoundaries seconds{0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005,
                                            0.01,    0.02,   0.05,   0.1,    0.2,   0.5,   1};
  return BuildHistogram().Name(name).Help(help).Register(registry).Add({}, seconds);
}

double in_seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

std::string word_for(steer::Verdict verdict) {
  switch (verdict) {
    case steer::Verdict::accept:
      return "accept";
    case steer::Verdict::drop:
      return "drop";
    case steer::Verdict::refuse_cookie:
      break;
  }
  return "refuse_cookie";
}

}  // namespace

Metrics::Metrics()
    : requests_(counters(registry_, "rsipd_requests_total",
                         "Requests of hosts that were answered, by what they asked "
                         "for and how they were answered.")),
      granted_(counters(registry_, "rsipd_leases_granted_total", "Bindings assigned.")),
      ended_(counters(registry_, "rsipd_leases_ended_total", "Bindings that ended, by how.")),
      extended_(counter(registry_, "rsipd_leases_extended_total", "Bindings extended.")),
      denied_(counters(registry_, "rsipd_denials_total",
                       "Errors that hosts were told about packets they had no lease for.")),
      verdicts_(counters(registry_, "rsipd_ike_verdicts_total", "First IKE packets judged.")),
      learned_(counter(registry_, "rsipd_ike_learned_total", "IKE cookies and peers of hosts that were learned.")),
      latency_(durations(registry_, "rsipd_request_duration_seconds",
                         "From the arrival of a request to its answer, the wait for its turn included.")),
      transaction_time_(
          durations(registry_, "rsipd_nft_transaction_duration_seconds", "Time that transactions of nf_tables took.")),
      failed_transactions_(
          counter(registry_, "rsipd_nft_transactions_failed_total", "Transactions that nf_tables refused.")) {
  // What has not happened yet is 0, so that the first time is an increase.
  using wire::MessageType;
  for (const MessageType type :
       {MessageType::register_request, MessageType::deregister_request, MessageType::assign_request_rsa_ip,
        MessageType::assign_request_rsap_ip, MessageType::assign_request_rsipsec, MessageType::extend_request,
        MessageType::free_request, MessageType::query_request, MessageType::listen_request}) {
    request(std::string(wire::name(type)), "OK");
  }
  for (const lease::Kind kind :
       {lease::Kind::rsa_ip, lease::Kind::rsap_ip, lease::Kind::rsipsec, lease::Kind::listen}) {
    granted_.Add({{"method", std::string(rsip::word_for(kind))}});
  }
  using gateway::End;
  for (const End end : {End::freed, End::deregistered, End::expired, End::revoked}) {
    ended_.Add({{"end", std::string(rsip::word_for(end))}});
  }
  using steer::Verdict;
  for (const Verdict verdict : {Verdict::accept, Verdict::drop, Verdict::refuse_cookie}) {
    verdicts_.Add({{"verdict", word_for(verdict)}});
  }
  denied_.Add({{"error", std::string(wire::name(wire::ErrorCode::local_addrport_unallowed))}});
}

Counter& Metrics::request(const std::string& type, const std::string& result) {
  return requests_.Add({{"request", type}, {"result", result}});
}

void Metrics::happened(const gateway::Event& event) {
  using Kind = gateway::Event::Kind;
  switch (event.kind) {
    case Kind::answered:
      request(event.request ? std::string(wire::name(*event.request)) : "unreadable",
              event.error ? std::string(wire::name(*event.error)) : "OK")
          .Increment();
      return;
    case Kind::assigned:
      granted_.Add({{"method", std::string(rsip::word_for(event.binding->kind))}}).Increment();
      return;
    case Kind::binding_ended:
      ended_.Add({{"end", std::string(rsip::word_for(*event.end))}}).Increment();
      return;
    case Kind::extended:
      extended_.Increment();
      return;
    case Kind::denied:
      denied_.Add({{"error", std::string(wire::name(*event.error))}}).Increment();
      return;
    case Kind::ike_learned:
      learned_.Increment();
      return;
    case Kind::registered:
    case Kind::registration_ended:
    case Kind::cookie_in_use:
      return;  // answered, or judged
  }
}

void Metrics::answered_after(std::chrono::nanoseconds time) {
  latency_.Observe(in_seconds(time));
}

void Metrics::committed(std::chrono::nanoseconds time, bool done) {
  transaction_time_.Observe(in_seconds(time));
  if (!done) failed_transactions_.Increment();
}

void Metrics::judged(steer::Verdict verdict) {
  verdicts_.Add({{"verdict", word_for(verdict)}}).Increment();
}

}  // namespace rsip::metrics

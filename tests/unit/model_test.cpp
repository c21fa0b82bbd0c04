// SPDX-License-Identifier: GPL-2.0-or-later
// Random operations of 200 hosts against a gateway and a model of it. Where the two differ, the sequence is shrunk to
// the few operations that matter and printed. RSIP_MODEL_SEED=N runs the sequence of that seed.
#include "model.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <span>

#include "ike_packet.hpp"
#include "invariants.hpp"
#include "operation.hpp"
#include "salvaged.hpp"
#include "shrink.hpp"
#include "wire/codec.hpp"

namespace model_test {

using namespace rsip;
using namespace rsip::test;
using gateway::Bytes;
using gateway::Peer;
using gateway::Transport;

namespace {

constexpr std::uint32_t hosts = 200;
constexpr std::size_t operations = 100000;
constexpr std::size_t compare_every = 4000;
constexpr Ipv4 na{0x0a000001};

/// Tight enough for every kind of refusal to happen: 80 registrations and their bindings always fit into one expire().
lease::Config config() {
  lease::Config small;
  small.pool = {Ipv4{0xc6336401}, Ipv4{0xc6336402}};
  for (std::uint32_t n = 0; n < 10; ++n) small.exclusive_pool.push_back(Ipv4{0xc6336410 + n});
  small.listen_ports = Run<Port>{Port{490}, 30};
  small.max_addresses = 2;
  small.ports = {Port{2000}, 320};
  small.spis = {Spi{0x1000}, 480};
  small.suggested_spis = {Spi{0xff0}, 560};
  small.lease = LeaseTime{60};
  small.max_lease = LeaseTime{200};
  small.registration_lease = LeaseTime{120};
  small.hold = std::chrono::seconds{20};
  small.max_hosts = 170;
  small.max_bindings = 4;
  small.max_ports = 16;
  small.max_spis = 20;
  small.max_cookies = 3;
  small.prefix_bits = 8;
  return small;
}

std::set<std::pair<Ipv4, Spi>> own_sas() {
  std::set<std::pair<Ipv4, Spi>> some;
  for (std::uint32_t n = 0; n < 8; ++n) some.emplace(Ipv4{0xc6336401}, Spi{0x11e8 + n});
  return some;
}

gateway::Policy policy() {
  gateway::Policy some;
  some.deny = {{Ipv4{0x0a000020}, 30}};
  some.ipsec_allow = {{Ipv4{0x0a000000}, 25}, {Ipv4{0x0a000080}, 27}};
  some.listen_allow = {{Ipv4{0x0a000000}, 25}};
  some.tunnels = {TunnelType::ip_ip, TunnelType::gre};
  some.local = {{{Ipv4{0x0a000060}, 28}, wire::LocalPolicy::micro}};
  some.remote = {{{Ipv4{0x0a000040}, 26}, wire::RemotePolicy::micro},
                 {{Ipv4{0x0a000080}, 26}, wire::RemotePolicy::macro}};
  some.remote_deny = {{Ipv4{first_remote.value + 3}, 32}};
  return some;
}

/// A gateway and its model, to which the same things happen.
class Trial {
 public:
  /// How often each kind of answer was given.
  std::map<std::string, std::size_t> answers;

  /// What was different, if anything, and after how many operations.
  struct Outcome {
    std::size_t done = 0;
    std::string difference;
  };
  Outcome run(std::span<const Operation> sequence, std::size_t compare_after) {
    kernel_.own_sas = own_sas();
    Outcome outcome;
    try {
      for (const Operation& operation : sequence) {
        ++outcome.done;
        kernel_.fail_commits = operation.failures.commits;
        kernel_.fail_tunnels = operation.failures.tunnels;
        kernel_.fail_announce = operation.failures.announcements;
        happen(operation);
        if (outcome.done % compare_after == 0) compare();
      }
      compare();
    } catch (const Difference& difference) {
      outcome.difference = difference.what();
    }
    return outcome;
  }

 private:
  void happen(const Operation& operation) {
    const bool gathers = operation.kind == Operation::Kind::request && !operation.failures.commits;
    if (!gathers) flush();
    gateway_->gather(gathers);
    happen_now(operation);
    gateway_->gather(false);
  }

  /// What requests one after the other have changed, in the kernel.
  void flush() {
    const bool fails = std::exchange(kernel_.fail_commits, false);
    const Result<void> done = gateway_->flush();
    if (!done) throw Difference(done.error().text());
    kernel_.fail_commits = fails;
  }

  void happen_now(const Operation& operation) {
    switch (operation.kind) {
      case Operation::Kind::request:
        return send(operation);
      case Operation::Kind::ike:
        return send_ike(operation);
      case Operation::Kind::wait:
        return kernel_.pass(operation.time);
      case Operation::Kind::expire:
        return expire();
      case Operation::Kind::settle:
        gateway_->remove_idle_tunnel();
        return model_.settled();
      case Operation::Kind::restart:
        return restart();
    }
  }

  void expire() {
    gateway_->expire(kernel_.now);
    const std::size_t told = gateway_->take_unasked().size();
    if (told != model_.expired(kernel_.now)) throw Difference("not each end of a lease is told");
  }

  void restart() {
    expire();
    for (; gateway_->has_idle_tunnels(); model_.settled()) gateway_->remove_idle_tunnel();
    const auto require = [](const auto& result) {
      if (!result) throw Difference(result.error().text());
    };
    require(journal_.commit());
    gateway_ = start();
    const Result<store::Saved> saved = journal_.load(config().hold, config().max_lease);
    require(saved);
    gateway_->restore(*saved, kernel_.now);
    require(gateway_->reinstate(kernel_.now));
    if (!gateway_->take_unasked().empty()) throw Difference("something has not survived a restart");
    model_.restarted(gateway_->leases());
    compare();
  }

  std::unique_ptr<gateway::Gateway> start() {
    auto gateway = std::make_unique<gateway::Gateway>(
        policy(), config(),
        [generator = std::mt19937(5)](std::uint32_t bound) mutable {
          return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(generator);
        },
        kernel_);
    gateway->keep_journal(journal_);
    return gateway;
  }

  store::Journal journal() {
    const store::Clocks clocks{
        [this] { return kernel_.now; },
        [this] {
          return store::WallTime(std::chrono::floor<std::chrono::milliseconds>(kernel_.now.time_since_epoch()));
        },
        "this boot"};
    Result<store::Journal> opened = store::Journal::open(":memory:", clocks);
    if (!opened || !opened->begin_boot(config().hold, config().max_lease)) throw Difference("no journal");
    return std::move(*opened);
  }

  void compare() {
    flush();
    model_.compare(gateway_->leases(), kernel_.now);
    for (const std::string& violation : violations(*gateway_, kernel_)) throw Difference(violation);
    TimedKernel copy;
    copy.copy_from(kernel_);
    gateway::Gateway fresh(
        policy(), config(), [](std::uint32_t) { return 0; }, copy);
    for (const std::string& loss : salvage_losses(*gateway_, fresh, copy)) throw Difference("salvaged, " + loss);
  }

  void send(const Operation& operation) {
    const Ipv4 host = operation.host;
    wire::Message request = operation.request;
    std::visit([&](auto& any) { put_ids(any, operation); }, request);
    const Peer peer{host, 4321, na, operation.transport};
    const std::optional<Bytes> answer = gateway_->handle(peer, wire::encode(request), kernel_.now);
    const auto message = model_.answered(peer, request, answer, operation.failures, kernel_.now);
    ++answers[message ? test::name(*message) : "none"];
  }

  template <typename Request>
  void put_ids(Request& request, const Operation& operation) {
    constexpr ClientId nobody{1};
    if constexpr (std::is_same_v<Request, wire::ErrorResponse>) {
      return;
    } else if constexpr (requires { request.client; }) {
      request.client =
          operation.wrong_client
              ? nobody
              : model_.client(operation.host).value_or(model_.former_client(operation.host).value_or(nobody));
    }
    if constexpr (requires { request.bind; }) {
      request.bind = model_.binding(operation.host, operation.nth_binding).value_or(BindId{0});
    }
    if (operation.transport == Transport::tcp) return;
    std::uint32_t& counter = counters_[operation.host];
    switch (operation.count) {
      case Operation::Count::next:
        request.counter = Counter{++counter};
        return;
      case Operation::Count::same:
        request.counter = Counter{counter};
        return;
      case Operation::Count::older:
        request.counter = Counter{counter == 0 ? 0 : counter - 1};
        return;
      case Operation::Count::none:
        return;
    }
  }

  void send_ike(const Operation& operation) {
    const auto tunnel = std::ranges::find_if(kernel_.tunnels, [&](const auto& entry) {
      return entry.second.host == operation.host && entry.second.type == operation.tunnel;
    });
    const std::uint32_t index = tunnel == kernel_.tunnels.end() ? 0 : tunnel->first;
    if (const auto own = model_.prefixed(operation.host, operation.remote); own && operation.by_prefix) {
      const Cookie cookie{std::uint64_t{own->prefix.value} << 32 | (number(operation.cookie) & 0xffffffff)};
      gateway_->note_ike_peer(index, ike_packet(own->address, operation.remote, cookie), kernel_.now);
      if (index != 0) {
        model_.noted(operation.host, own->bind, operation.tunnel, operation.remote, operation.failures, kernel_.now);
      }
      ++answers["noted"];
      return;
    }
    const auto packet = ike_packet(operation.address, operation.remote, operation.cookie);
    const auto verdict = gateway_->judge_ike(index, packet, kernel_.now);
    model_.judged(operation.host, {operation.address, operation.tunnel, operation.remote}, operation.cookie, verdict,
                  operation.failures, kernel_.now);
    constexpr std::array names{"accepted", "dropped", "cookie refused"};
    ++answers[names.at(static_cast<std::size_t>(verdict))];
  }

  TimedKernel kernel_;
  store::Journal journal_ = journal();
  std::unique_ptr<gateway::Gateway> gateway_ = start();
  Model model_{policy(), config(), own_sas()};
  std::map<Ipv4, std::uint32_t> counters_;
};

/// By whole hosts first, because few of them are part of a difference; then one by one, looking closer.
std::vector<Operation> shrunk(std::vector<Operation> failing) {
  const auto fails = [](std::size_t compare_after) {
    return [compare_after](const std::vector<Operation>& some) {
      return !Trial().run(some, compare_after).difference.empty();
    };
  };
  std::vector<Ipv4> involved;
  for (std::uint32_t n = 0; n < hosts; ++n) involved.push_back(Ipv4{first_host.value + n});
  const auto only = [&failing](const std::vector<Ipv4>& some) {
    std::vector<Operation> rest;
    std::ranges::copy_if(failing, std::back_inserter(rest), [&some](const Operation& operation) {
      const bool anyones = operation.kind != Operation::Kind::request && operation.kind != Operation::Kind::ike;
      return anyones || std::ranges::find(some, operation.host) != some.end();
    });
    return rest;
  };
  involved = shrink(
      involved, [&](const std::vector<Ipv4>& some) { return fails(compare_every)(only(some)); }, 100);
  failing = only(involved);
  const std::size_t closer = failing.size() < 3000 ? 1 : compare_every;
  return shrink(std::move(failing), fails(closer));
}

std::string story(const std::vector<Operation>& sequence) {
  std::string text;
  for (const Operation& operation : sequence) text += "  " + to_string(operation) + "\n";
  return text;
}

std::uint64_t seed() {
  const char* given = std::getenv("RSIP_MODEL_SEED");
  return given == nullptr ? 3103 : std::strtoull(given, nullptr, 0);
}

}  // namespace

TEST_CASE("the gateway does what its model does") {
  Random random(seed());
  std::vector<Operation> sequence;
  for (std::size_t i = 0; i < operations; ++i) sequence.push_back(random_operation(random, config(), hosts));

  Trial trial;
  const Trial::Outcome outcome = trial.run(sequence, compare_every);
  if (!outcome.difference.empty()) {
    sequence.resize(outcome.done);
    const std::vector<Operation> few = shrunk(sequence);
    FAIL("seed " << seed() << ", operation " << outcome.done << ": " << outcome.difference << "\nthe same in short:\n"
                 << story(few) << "  " << Trial().run(few, 1).difference);
  }

  // Else the operations are too tame to show anything.
  for (const char* answer : {"REGISTER_RESPONSE",
                             "DE-REGISTER_RESPONSE",
                             "ASSIGN_RESPONSE_RSAP-IP",
                             "ASSIGN_RESPONSE_RSIPSEC",
                             "ASSIGN_RESPONSE_RSA-IP",
                             "LISTEN_RESPONSE",
                             "noted",
                             "USE_TCP",
                             "UNKNOWN_ERROR",
                             "ALREADY_UNREGISTERED",
                             "FLOW_POLICY_VIOLATION",
                             "REMOTE_ADDR_UNALLOWED",
                             "REMOTE_ADDRPORT_UNALLOWED",
                             "LOCAL_ADDR_UNAVAILABLE",
                             "LOCAL_ADDR_INUSE",
                             "EXTEND_RESPONSE",
                             "FREE_RESPONSE",
                             "REGISTER_FIRST",
                             "ALREADY_REGISTERED",
                             "REGISTRATION_DENIED",
                             "BAD_CLIENT_ID",
                             "BAD_BIND_ID",
                             "BAD_TUNNEL_TYPE",
                             "BAD_PARAM",
                             "MESSAGE_COUNTER_REQUIRED",
                             "QUERY_RESPONSE",
                             "UNSUPPORTED_MESSAGE",
                             "INTERNAL_SERVER_ERROR",
                             "LOCAL_ADDRPORT_UNAVAILABLE",
                             "LOCAL_ADDRPORT_INUSE",
                             "LOCAL_ADDRPORT_UNALLOWED",
                             "LOCAL_ADDR_UNALLOWED",
                             "IPSEC_UNALLOWED",
                             "IPSEC_SPI_UNAVAILABLE",
                             "IPSEC_SPI_INUSE",
                             "none",
                             "accepted",
                             "dropped",
                             "cookie refused"}) {
    CAPTURE(std::string(answer));
    CHECK(trial.answers[answer] >= 10);
  }
}

TEST_CASE("shrinking leaves what is needed to fail, and nothing else") {
  std::vector<int> items;
  for (int i = 0; i < 1000; ++i) items.push_back(i);
  const auto has = [](const std::vector<int>& some, int item) { return std::ranges::find(some, item) != some.end(); };
  const auto fails = [&](const std::vector<int>& some) { return has(some, 17) && has(some, 500) && has(some, 999); };
  CHECK(shrink(items, fails) == std::vector{17, 500, 999});
}

}  // namespace model_test

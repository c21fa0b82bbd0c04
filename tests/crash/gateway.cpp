// SPDX-License-Identifier: GPL-2.0-or-later
#include "gateway.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <csignal>
#include <random>
#include <stdexcept>

#include "daemon/keeper.hpp"
#include "faults.hpp"
#include "faulty_files.hpp"
#include "namespace.hpp"
#include "server/server.hpp"
#include "steer/nft.hpp"
#include "steer/ruleset.hpp"
#include "steer/skeleton.hpp"

namespace rsip::test {

namespace {

steer::SkeletonOptions skeleton_options() {
  steer::SkeletonOptions options;
  options.public_devices = {"wan"};
  options.private_devices = {"lo"};
  options.pool = lease_config().pool;
  options.tunnel_gateway = gateway_address;
  options.tunnel_mtu = 1480;
  return options;
}

/// Where this kernel has no NFQUEUE, the rules that queue drop instead; nothing here sends IKE.
std::string skeleton() {
  std::string text = steer::skeleton_text(skeleton_options());
  if (steer::check(text)) return text;
  const std::string rule = "notrack queue num $ike_queue";
  std::size_t place = text.find(rule);
  for (; place != std::string::npos; place = text.find(rule, place)) text.replace(place, rule.size(), "drop");
  return text;
}

/// nftables as it is, with a step before and after each transaction. Tunnels are there, whatever is asked for.
class Kernel : public gateway::Kernel {
 public:
  Kernel(steer::Nft nft, std::vector<steer::Device> devices) : nft_(std::move(nft)), devices_(std::move(devices)) {}

  Result<steer::Device> add_tunnel(const Tunnel& tunnel) override {
    step();
    return devices_.at(tunnel.host.value - host_address(0).value);
  }
  Result<std::vector<MadeTunnel>> put_tunnels_in_order() override { return std::vector<MadeTunnel>{}; }
  Result<void> remove_tunnel(const steer::Device&) override { return {}; }
  Result<void> announce(Ipv4, const steer::Device&) override { return {}; }
  Result<void> withdraw(Ipv4, const steer::Device&) override { return {}; }
  Result<void> announce_only(const std::map<Ipv4, steer::Device>&) override { return {}; }
  Result<bool> has_own_sa(Ipv4, Spi) override { return false; }
  Result<void> renew_rules() override { return {}; }
  Result<void> commit(const steer::Transaction& changes) override {
    // Refused now and then: as somebody who takes away the tables for a moment would have it.
    if (!changes.afresh() && random_() % 30 == 0) return failure(ENOENT, "change the rsip tables");
    step();
    Result<void> done = nft_.commit(changes);
    step();
    return done;
  }
  Result<std::uint64_t> packets(const steer::Element& element) override { return nft_.packets(element); }

 private:
  steer::Nft nft_;
  std::vector<steer::Device> devices_;
  std::minstd_rand random_{std::random_device{}()};
};

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  return std::move(*result);
}

void must(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().text());
}

void serve(const std::string& journal, const std::vector<steer::Device>& devices, std::uint32_t late, int ready) {
  asio::io_context loop(1);
  Kernel kernel(must(steer::Nft::open()), devices);
  gateway::Gateway gateway(
      {}, lease_config(),
      [random = std::mt19937(std::random_device{}())](std::uint32_t bound) mutable {
        return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(random);
      },
      kernel);
  Keeper* keeper = nullptr;
  server::Limits limits;
  limits.rate = 100000;
  server::Server server(
      loop, limits, {[](Ipv4) { return true; }, [&](Ipv4 host) { return gateway.is_registered(host); }},
      [&](const gateway::Peer& peer, std::span<const std::uint8_t> message, const server::Reply& reply) {
        step();
        keeper->answer(peer, message, {}, [reply](std::optional<gateway::Bytes> answer) {
          step();
          reply(std::move(answer));
          step();
        });
      });
  must(server.listen({"lo", gateway_address, gateway_port}));
  store::Journal opened = must(store::Journal::open(journal, store::system_clocks()));
  const store::Saved saved = must(opened.load(lease_config().hold, lease_config().max_lease));
  Keeper kept(loop, std::move(opened), gateway, std::chrono::hours(1),
              {[&] { return server.turn_waits(); }, [&] { (void)gateway.take_unasked(); }});
  keeper = &kept;
  kept.restore(saved);
  must(gateway.reinstate(lease::Clock::now()));
  kept.changed();
  asio::signal_set signals(loop, SIGUSR1);
  signals.async_wait([late](asio::error_code code, int) {
    if (!code) stop_at(late);
  });
  if (::write(ready, "r", 1) != 1) throw std::runtime_error("the parent is gone");
  loop.run();
}

}  // namespace

lease::Config lease_config() {
  lease::Config config;
  config.pool = {Ipv4{0xc6336401}};
  config.ports = {Port{40000}, 64};
  config.spis = {Spi{0x10000000}, 64};
  config.suggested_spis.reset();
  config.prefix_bits = 0;
  config.hold = std::chrono::seconds{2};
  return config;
}

std::vector<steer::Device> make_machine(const Namespace& outside) {
  set_up("lo");
  make_veth("wan", {2, 0, 0, 0, 0, 1}, "y", outside);
  std::vector<steer::Device> devices;
  for (std::uint8_t n = 0; n < host_count; ++n) {
    const std::string name = "rsip" + std::to_string(n + 1);
    make_veth(name, {2, 0, 0, 0, 1, n}, "x" + std::to_string(n + 1), outside);
    devices.push_back({name, index_of(name)});
  }
  must(steer::load(skeleton()));
  return devices;
}

Running run_gateway(const std::string& journal, const std::vector<steer::Device>& devices, std::uint32_t early,
                    std::uint32_t late) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("make a pipe");
  const pid_t process = ::fork();
  if (process < 0) throw std::runtime_error("fork");
  if (process > 0) {
    ::close(ends[1]);
    return {process, ends[0]};
  }
  ::close(ends[0]);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    make_files_faulty();
    stop_at(early);
    serve(journal, devices, late, ends[1]);
  } catch (const std::exception& error) {
    spdlog::error("gateway: {}", error.what());
  }
  ::_exit(1);
}

}  // namespace rsip::test

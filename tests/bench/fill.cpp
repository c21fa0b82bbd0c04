// SPDX-License-Identifier: GPL-2.0-or-later
// Fills the fast path's maps, in the present network namespace, with leases of nobody:
//
//   fill DEVICE ELEMENTS     so many in each of port_in, spi_in and cookie_in, which lead to the device
#include <net/if.h>

#include <charconv>
#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>

#include "steer/nft.hpp"

namespace {

using namespace rsip;

constexpr std::uint32_t of_address = 40000;  ///< elements of each address
constexpr std::uint32_t together = 1000;     ///< of each kind, in a transaction

void fill(const steer::Device& device, std::uint32_t count) {
  Result<steer::Nft> nft = steer::Nft::open();
  if (!nft) throw std::runtime_error(nft.error().text());
  const auto add = [](steer::Transaction& changes, steer::Elements elements) {
    std::erase_if(elements, [](const steer::Element& one) { return one.family != steer::Family::netdev; });
    changes.add(std::move(elements));
  };
  for (std::uint32_t first = 0; first < count; first += together) {
    steer::Transaction changes;
    for (std::uint32_t i = first; i < std::min(first + together, count); ++i) {
      const Ipv4 address{0xcb007200 + i / of_address};  // 203.0.114.0 and so on
      const auto number = 20000 + i % of_address;
      const std::chrono::hours lease{24};
      add(changes, steer::port_elements(device, address, static_cast<Port>(number), {}, lease));
      add(changes, steer::spi_elements(device, address, static_cast<Spi>(0x10000000 + number), {}, lease));
      add(changes, steer::cookie_elements(device, address, static_cast<Cookie>(number), {}, {}, lease));
    }
    if (const Result<void> done = nft->commit(changes); !done) throw std::runtime_error(done.error().text());
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::uint32_t count = 0;
    const std::string text = argc == 3 ? argv[2] : "";
    if (std::from_chars(text.data(), text.data() + text.size(), count).ptr != text.data() + text.size() ||
        text.empty()) {
      throw std::runtime_error("usage: fill DEVICE ELEMENTS");
    }
    fill({argv[1], ::if_nametoindex(argv[1])}, count);
    return 0;
  } catch (const std::exception& problem) {
    std::cerr << "fill: " << problem.what() << '\n';
    return 1;
  }
}

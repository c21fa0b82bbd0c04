// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace rsip::test {

/// A part of `items` that still fails, and from which no single one can be left out: delta debugging. Leaves out
/// halves, then quarters, and so on, as long as what is left fails. `fails` is asked at most `most` times.
template <typename Item, typename Fails>
std::vector<Item> shrink(std::vector<Item> items, Fails fails, std::size_t most = 2000) {
  std::size_t chunk = (items.size() + 1) / 2;
  while (chunk > 0) {
    bool smaller = false;
    for (std::size_t at = 0; at < items.size() && most > 0;) {
      const auto first = items.begin() + static_cast<std::ptrdiff_t>(at);
      const auto last = items.begin() + static_cast<std::ptrdiff_t>(std::min(at + chunk, items.size()));
      std::vector<Item> rest(items.begin(), first);
      rest.insert(rest.end(), last, items.end());
      --most;
      if (fails(rest)) {
        items = std::move(rest);
        smaller = true;
      } else {
        at += chunk;
      }
    }
    if (chunk == 1 && !smaller) break;
    chunk = std::max<std::size_t>(1, chunk / 2);
    if (most == 0) break;
  }
  return items;
}

}  // namespace rsip::test

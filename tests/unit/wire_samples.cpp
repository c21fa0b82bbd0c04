// SPDX-License-Identifier: GPL-2.0-or-later
// Prints what encode() makes of each sample message, one line each: its name and the bytes in hexadecimal.
#include <iostream>

#include "hex.hpp"
#include "wire/codec.hpp"
#include "wire_messages.hpp"

int main() {
  for (const rsip::test::Sample& sample : rsip::test::samples()) {
    std::cout << sample.name << ' ' << rsip::test::to_hex(rsip::wire::encode(sample.message)) << '\n';
  }
}

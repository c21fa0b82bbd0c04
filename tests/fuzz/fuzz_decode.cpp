// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as a message: whatever decodes encodes again, and decodes to the same value. An encoding is never longer
// than what was decoded, but for the Indicators of a QUERY, of which one byte is read and two are written.
#include <span>

#include "require.hpp"
#include "wire/codec.hpp"

using namespace rsip;
using test::require;

namespace {

std::size_t tuples_of(const wire::Message& message) {
  if (const auto* query = std::get_if<wire::QueryRequest>(&message)) return query->tuples.size();
  if (const auto* response = std::get_if<wire::QueryResponse>(&message)) return response->tuples.size();
  return 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  const auto framed = wire::framed_size(bytes);
  require(framed.has_value() == (size >= wire::header_size), "a length is known as soon as there is a header");

  const auto message = wire::decode(bytes);
  if (!message) return 0;
  require(framed == size, "what decodes is as long as it says");
  const std::size_t longest = size + tuples_of(*message);
  if (longest > wire::max_message_size) return 0;

  const auto encoded = wire::encode(*message);
  require(encoded.size() <= longest, "an encoding is as short as what was decoded");
  const auto again = wire::decode(encoded);
  require(again.has_value(), "what decodes encodes to what decodes");
  require(*again == *message, "what decodes encodes to the same value");
  return 0;
}

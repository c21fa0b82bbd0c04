// SPDX-License-Identifier: GPL-2.0-or-later
// {"command": "who", "address": ..., perhaps "port" or "spi", "time": ...}: who had it then, by the journal's history.
#include <cstdint>
#include <memory>

#include "commands/json.hpp"
#include "commands/reply.hpp"
#include "commands/request.hpp"
#include "commands/verbs.hpp"

namespace rsip::commands {

using nlohmann::json;

namespace {

/// That are looked at in one step: some milliseconds, in which nothing else is done.
constexpr std::uint32_t rows_at_once = 2000;

json item_of(const store::Journal::Tenancy& tenancy) {
  const auto seconds = [](store::WallTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  };
  json item = json_of(tenancy.binding);
  item["host"] = to_string(tenancy.host);
  item["client"] = number(tenancy.client);
  item["bind"] = number(tenancy.binding.id);
  item["from"] = seconds(tenancy.started);
  item["until"] = tenancy.ended ? json(seconds(*tenancy.ended)) : json();
  return item;
}

/// A page of the history at each call, nothing at the end.
class Search {
 public:
  Search(store::Journal& journal, const store::Journal::Asked& asked) : journal_(journal), asked_(asked) {}

  std::optional<std::string> operator()() {
    if (over_) return std::nullopt;
    const Result<store::Journal::Page> page = journal_.who(asked_, from_, rows_at_once);
    over_ = !page || page->next == 0;
    if (!page) return line_of({{"error", page.error().text()}}) + '\n';
    from_ = page->next;
    std::string lines;
    for (const store::Journal::Tenancy& tenancy : page->found) lines += line_of(item_of(tenancy)) + '\n';
    if (over_) lines += line_of({{"done", true}}) + '\n';
    return lines;
  }

 private:
  store::Journal& journal_;
  store::Journal::Asked asked_;
  std::int64_t from_ = 0;
  bool over_ = false;
};

}  // namespace

void who(const Context& context, const json& request, const control::AnswerPtr& answer) {
  if (context.journal == nullptr) return refuse(*answer, "there is no journal");
  const Read<Ipv4> address = read_address(request, "address");
  if (!address) return refuse(*answer, address.error());
  const Read<std::optional<std::int64_t>> port = read_number(request, "port", 0, UINT16_MAX);
  if (!port) return refuse(*answer, port.error());
  const Read<std::optional<std::int64_t>> spi = read_number(request, "spi", 0, UINT32_MAX);
  if (!spi) return refuse(*answer, spi.error());
  const Read<std::optional<std::int64_t>> time = read_number(request, "time", 0, UINT32_MAX);
  if (!time) return refuse(*answer, time.error());
  if (!*time) return refuse(*answer, "time is missing");

  store::Journal::Asked asked{
      .address = *address, .port = {}, .spi = {}, .time = store::WallTime(std::chrono::seconds(**time))};
  if (*port) asked.port = static_cast<Port>(**port);
  if (*spi) asked.spi = static_cast<Spi>(**spi);
  answer->send_pieces([search = std::make_shared<Search>(*context.journal, asked)] { return (*search)(); });
}

}  // namespace rsip::commands

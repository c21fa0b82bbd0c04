// SPDX-License-Identifier: GPL-2.0-or-later
#include "steer/lease_sets.hpp"

#include <algorithm>

namespace rsip::steer {
namespace {

constexpr SetName holding_leases[] = {
    {Family::netdev, "port_in"},       {Family::netdev, "spi_in"},        {Family::netdev, "cookie_in"},
    {Family::netdev, "address_in"},    {Family::ip, "port_in"},           {Family::ip, "port_in_macro"},
    {Family::ip, "port_in_micro"},     {Family::ip, "quoted_in_micro"},   {Family::ip, "port_out"},
    {Family::ip, "port_out_macro"},    {Family::ip, "port_out_micro"},    {Family::ip, "spi_in"},
    {Family::ip, "spi_in_macro"},      {Family::ip, "ipsec_out"},         {Family::ip, "ipsec_out_macro"},
    {Family::ip, "echo_out"},          {Family::ip, "echo_out_macro"},    {Family::ip, "cookie_in"},
    {Family::ip, "cookie_in_macro"},   {Family::ip, "cookie_out"},        {Family::ip, "cookie_out_macro"},
    {Family::ip, "prefix_in"},         {Family::ip, "prefix_in_macro"},   {Family::ip, "prefix_out"},
    {Family::ip, "prefix_out_macro"},  {Family::ip, "peer_out"},          {Family::ip, "sole_in"},
    {Family::ip, "listener_in"},       {Family::ip, "any_listener_in"},   {Family::ip, "address_in"},
    {Family::ip, "address_in_macro"},  {Family::ip, "address_in_micro"},  {Family::ip, "address_out"},
    {Family::ip, "address_out_macro"}, {Family::ip, "address_out_micro"},
};

constexpr std::string_view learned[] = {
    "spi_out",     "echo_in",   "echo_taken",     "echo_asked",   "echo_new",
    "cookie_rate", "peer_rate", "logged_tunnels", "logged_hosts",
};

}  // namespace

std::span<const SetName> lease_sets() {
  return holding_leases;
}

const char* lease_set(Family family, std::string_view name) {
  const auto* found = std::ranges::find_if(
      holding_leases, [&](const SetName& set) { return set.family == family && set.name == name; });
  return found == std::end(holding_leases) ? nullptr : found->name;
}

bool is_learned_set(std::string_view name) {
  return std::ranges::find(learned, name) != std::end(learned);
}

}  // namespace rsip::steer

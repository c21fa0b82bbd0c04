// SPDX-License-Identifier: GPL-2.0-or-later
#include "host/bindings.hpp"

#include <algorithm>

namespace rsip::host {
namespace {

template <typename Range, typename Predicate>
auto* pointer_to(Range& range, Predicate predicate) {
  const auto found = std::ranges::find_if(range, predicate);
  return found == range.end() ? nullptr : &*found;
}

}  // namespace

Held held_since(Grant grant, TimePoint start) {
  const std::chrono::nanoseconds lease = grant.lease;
  return {std::move(grant), start + lease, start + lease / 2};
}

Bindings::Bindings(Wish first, double spread) : spread_(spread) {
  all_.push_back({.serial = Serial{serials_++}, .wish = std::move(first), .held = {}, .backoff = Backoff(spread)});
}

std::vector<Grant> Bindings::grants() const {
  std::vector<Grant> grants;
  for (const Binding& binding : all_) {
    if (binding.held) grants.push_back(binding.held->grant);
  }
  return grants;
}

Binding* Bindings::find(Serial serial) {
  return pointer_to(all_, [serial](const Binding& binding) { return binding.serial == serial; });
}

const Binding* Bindings::find(BindId bind, std::optional<ClientId> client) const {
  const auto matches = [bind](const Binding& binding) { return binding.held && binding.held->grant.bind == bind; };
  const Binding* current = pointer_to(
      all_, [&](const Binding& binding) { return matches(binding) && binding.held->grant.client == client; });
  return current != nullptr ? current : pointer_to(all_, matches);
}

void Bindings::add(const Wish& wish, Held held) {
  all_.push_back({.serial = Serial{serials_++}, .wish = wish, .held = {}, .backoff = Backoff(spread_)});
  hold(all_.back(), std::move(held));
}

void Bindings::remove(Serial serial) {
  const auto found = std::ranges::find(all_.begin() + 1, all_.end(), serial, &Binding::serial);
  if (found != all_.end()) all_.erase(found);
}

void Bindings::hold(Binding& binding, Held held) {
  binding.need = Binding::Need::extend;
  binding.due = held.renew;
  binding.held = std::move(held);
}

void Bindings::lost(Binding& binding, TimePoint now) {
  binding.need = Binding::Need::assign;
  binding.suggest = binding.held.has_value();
  binding.due = now;
}

void Bindings::all_lost(TimePoint now) {
  for (Binding& binding : all_) lost(binding, now);
}

void Bindings::clear() {
  all_.resize(1, all_.front());
  all_.front().held.reset();
}

const Binding* Bindings::due(TimePoint now) const {
  return pointer_to(all_, [now](const Binding& binding) { return now >= binding.due; });
}

const Binding* Bindings::expired(TimePoint now) const {
  return pointer_to(all_, [now](const Binding& binding) { return binding.held && now >= binding.held->expires; });
}

TimePoint Bindings::next_due() const {
  return std::ranges::min_element(all_, {}, &Binding::due)->due;
}

std::optional<TimePoint> Bindings::next_expiry() const {
  std::optional<TimePoint> first;
  for (const Binding& binding : all_) {
    if (binding.held) first = std::min(first.value_or(binding.held->expires), binding.held->expires);
  }
  return first;
}

}  // namespace rsip::host

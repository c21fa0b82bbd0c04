// SPDX-License-Identifier: GPL-2.0-or-later
// What was promised to hosts, on disk (SQLite, write-ahead log): registrations, bindings, IKE, last answers, and what
// is resting. A binding's row stays when it ends: it says what rests, and later who had what (history).
//
// Writes are gathered in a transaction; they hold, even where the machine loses its power, when commit() has returned.
// A time is kept on both clocks: on the steady one for as long as the machine is up, whatever is done to the wall
// clock, and on the wall clock for the time after that.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lease/binding.hpp"
#include "store/clocks.hpp"
#include "store/saved.hpp"
#include "types/result.hpp"

namespace rsip::store {

class Journal {
 public:
  /// Makes the file where there is none. EBUSY: another program has it open. EUCLEAN: it is damaged, or no journal, or
  /// a later version's.
  static Result<Journal> open(const std::string& path, Clocks clocks);
  Journal(Journal&&) noexcept;
  Journal& operator=(Journal&&) noexcept;
  ~Journal();

  /// All that holds or rests. Reads only. What has ended by the wall clock while the machine was down is among it, with
  /// its end. `longest`: no lease lasts longer than that from now on, where the wall clock was set back meanwhile.
  Result<Saved> load(std::chrono::seconds hold, std::chrono::seconds longest);

  /// Once in each boot, before anything but adopt() is written: the steady times are those of this boot from now on.
  Result<void> begin_boot(std::chrono::seconds hold, std::chrono::seconds longest);

  // What happened, in the order in which it did. Errors are those of commit().
  void registered(const lease::Registration& registration, const Session& session);
  void deregistered(Ipv4 host);
  /// A registered host speaks to us in this way, which was not known.
  void heard(Ipv4 host, const Session& session);
  /// Its end has moved, or a bind ID of its has been used, by an assignment that did not come to pass.
  void renewed(const lease::Registration& registration);
  void assigned(const lease::Registration& registration, const lease::Binding& binding);
  void extended(const lease::Registration& registration, const lease::Binding& binding);
  void ended(Ipv4 host, BindId bind, lease::Time at);
  void ike_learned(Ipv4 host, const lease::IkeState& state);
  void ike_forgotten(Ipv4 host, const lease::IkeState& state);
  void answered(const SavedAnswer& answer);
  void proven(const SavedProof& proof);

  /// Whether nothing has ever been written to it.
  Result<bool> is_unused();
  /// These leases were granted without it.
  void adopt(const Saved& saved);

  /// Whether there is anything to commit.
  bool has_changes() const;
  /// Whether something is that hosts are promised. The rest, what was learned from IKE and last answers, may wait a
  /// while: without it a host repeats itself.
  bool has_promises() const;
  /// All since the last commit, or nothing of it.
  Result<void> commit();
  /// Nothing since the last commit has happened.
  void rollback();

  /// Ends in the journal what has ended while it could not be written to, `grace` after its time. Tells whether it can
  /// be written to again.
  Result<void> catch_up(std::chrono::seconds grace);

  /// Who had an address at some time, and of it this number.
  struct Asked {
    Ipv4 address;
    std::optional<Port> port;
    std::optional<Spi> spi;
    WallTime time;
  };
  struct Tenancy {
    Ipv4 host;
    ClientId client{};
    lease::Binding binding;
    WallTime started;
    std::optional<WallTime> ended;  ///< nothing: still in force
  };
  struct Page {
    std::vector<Tenancy> found;
    std::int64_t next = 0;  ///< where the next page begins; 0: there is none
  };
  /// Looks at so many rows at most, beginning with row `from`, 0 at first.
  Result<Page> who(const Asked& asked, std::int64_t from, std::uint32_t rows);

  /// Deletes what has ended before `time`, and the answers and proofs of hosts but those of the last so many. At most
  /// `most` rows of each, so that it takes but a moment; true where there may be more.
  Result<bool> forget_before(WallTime time, std::size_t hosts, std::uint32_t most);

 private:
  struct Inner;
  explicit Journal(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace rsip::store

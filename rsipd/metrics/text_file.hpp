// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <string>

#include "types/result.hpp"

namespace rsip::metrics {

/// Keeps a text in a file for the textfile collector of Prometheus' node exporter, whose files end in .prom. The file
/// is replaced as a whole, and goes with this object.
class TextFile {
 public:
  static constexpr std::chrono::seconds interval{15};

  TextFile(asio::io_context& loop, std::string path, std::function<std::string()> text);
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  ~TextFile();

  /// Writes it now, and from then on at the interval.
  Result<void> start();

 private:
  Result<void> write() const;
  void write_later();

  asio::steady_timer timer_;
  std::string path_;
  std::string temporary_;  ///< in the same directory, so that it can take the file's place
  std::function<std::string()> text_;
  bool failing_ = false;
};

}  // namespace rsip::metrics

// SPDX-License-Identifier: GPL-2.0-or-later
// What most commands do with an answer.
#pragma once

#include <cstddef>
#include <functional>
#include <nlohmann/json.hpp>

#include "rsipctl/table.hpp"
#include "rsipctl/verbs.hpp"
#include "types/result.hpp"

namespace rsip::ctl {

/// Says on stderr what has gone wrong; the exit status.
int fail(const Error& error);

/// Asks, and prints the items as one JSON array or as rows of a table. `count`: how many there were.
int print_list(const Options& options, const nlohmann::json& request, const std::vector<Table::Column>& columns,
               const std::function<std::vector<std::string>(const nlohmann::json& item)>& cells,
               std::size_t* count = nullptr);

/// Asks for one item, and prints it as JSON or as `print` does.
int print_one(const Options& options, const nlohmann::json& request,
              const std::function<void(const nlohmann::json& item)>& print);

/// Asks for something to be done.
int request(const Options& options, const nlohmann::json& request);

}  // namespace rsip::ctl

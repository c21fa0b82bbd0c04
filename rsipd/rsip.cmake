# SPDX-License-Identifier: GPL-2.0-or-later
# The host-side program; CMakeLists.txt has target cli.
add_executable(rsip
  ${CMAKE_CURRENT_LIST_DIR}/rsip_down.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rsip_exit.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rsip_instance.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rsip_leftovers.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rsip_lock.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rsip_main.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rsip_options.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rsip_report.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rsip_state.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rsip_status.cpp
  ${CMAKE_CURRENT_LIST_DIR}/rsip_up.cpp)
target_compile_definitions(rsip PRIVATE RSIP_VERSION="${PROJECT_VERSION}")
target_link_libraries(rsip PRIVATE host cli nlohmann_json::nlohmann_json spdlog::spdlog Threads::Threads)

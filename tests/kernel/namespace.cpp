// SPDX-License-Identifier: GPL-2.0-or-later
#include "namespace.hpp"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "steer/interface.hpp"

namespace rsip::test {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

int current() {
  const int fd = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (fd < 0) fail("open the current network namespace");
  return fd;
}

netlink::Socket socket() {
  Result<netlink::Socket> opened = netlink::Socket::open(NETLINK_ROUTE);
  if (!opened) fail(opened.error().text());
  return std::move(*opened);
}

void request(netlink::Message& message, const std::string& what) {
  const Result<void> done = socket().request(message, what);
  if (!done) fail(done.error().text());
}

void append(std::vector<std::uint8_t>& bytes, std::uint16_t type, const void* data, std::size_t size) {
  const rtattr header{static_cast<unsigned short>(RTA_LENGTH(size)), type};
  const std::size_t start = bytes.size();
  bytes.resize(start + RTA_SPACE(size));
  std::memcpy(bytes.data() + start, &header, sizeof(header));
  std::memcpy(bytes.data() + start + sizeof(header), data, size);
}

}  // namespace

Namespace::Namespace() {
  const int back = current();
  if (::unshare(CLONE_NEWNET) != 0) fail("make a network namespace");
  fd_ = current();
  if (::setns(back, CLONE_NEWNET) != 0) fail("return to the network namespace");
  ::close(back);
  const Inside inside(*this);
  set_up("lo");
}

Namespace::~Namespace() {
  ::close(fd_);
}

Inside::Inside(const Namespace& space) : back_(current()) {
  if (::setns(space.fd(), CLONE_NEWNET) != 0) fail("enter a network namespace");
}

Inside::~Inside() {
  if (::setns(back_, CLONE_NEWNET) != 0) std::abort();  // the next test would run in the wrong place
  ::close(back_);
}

void make_veth(std::string_view name, const Mac& mac, std::string_view peer, const Namespace& peer_space,
               std::uint32_t mtu) {
  std::vector<std::uint8_t> other(sizeof(ifinfomsg));
  const std::string peer_name(peer);
  const int fd = peer_space.fd();
  append(other, IFLA_IFNAME, peer_name.c_str(), peer_name.size() + 1);
  append(other, IFLA_NET_NS_FD, &fd, sizeof(fd));
  append(other, IFLA_MTU, &mtu, sizeof(mtu));
  netlink::Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  message.header<ifinfomsg>();
  message.put_text(IFLA_IFNAME, name).put_bytes(IFLA_ADDRESS, mac).put_u32(IFLA_MTU, mtu);
  message.begin(IFLA_LINKINFO).put_text(IFLA_INFO_KIND, "veth").begin(IFLA_INFO_DATA);
  message.put_bytes(VETH_INFO_PEER, other).end().end();
  request(message, "make veth " + std::string(name));
  set_up(name);
  const Inside there(peer_space);
  set_up(peer);
}

void set_up(std::string_view name) {
  netlink::Message message(RTM_NEWLINK, 0);
  ifinfomsg& header = message.header<ifinfomsg>();
  header.ifi_index = static_cast<int>(index_of(name));
  header.ifi_flags = IFF_UP | IFF_NOARP;
  header.ifi_change = IFF_UP | IFF_NOARP;
  request(message, "set up " + std::string(name));
}

void add_address(std::string_view device, Ipv4 address, std::uint8_t prefix_length) {
  netlink::Message message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  ifaddrmsg& header = message.header<ifaddrmsg>();
  header.ifa_family = AF_INET;
  header.ifa_prefixlen = prefix_length;
  header.ifa_index = index_of(device);
  message.put_address(IFA_LOCAL, address);
  request(message, "add an address to " + std::string(device));
}

void add_route(Ipv4 destination, std::uint8_t prefix_length, std::uint8_t type, std::string_view device) {
  netlink::Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  rtmsg& header = message.header<rtmsg>();
  header.rtm_family = AF_INET;
  header.rtm_dst_len = prefix_length;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_STATIC;
  header.rtm_scope = device.empty() ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK;
  header.rtm_type = type;
  message.put_address(RTA_DST, destination);
  if (!device.empty()) message.put_u32(RTA_OIF, index_of(device));
  request(message, "add a route");
}

void set_sysctl(const std::string& path, std::string_view value) {
  std::ofstream file("/proc/sys/net/ipv4/" + path);
  if (!(file << value << std::flush)) fail("write sysctl " + path);
}

std::string get_sysctl(const std::string& path) {
  std::ifstream file("/proc/sys/net/ipv4/" + path);
  std::string value;
  file >> value;
  return value;
}

std::uint32_t index_of(std::string_view device) {
  netlink::Socket asked = socket();
  const Result<std::optional<steer::Interface>> found = steer::find_interface(asked, device);
  if (!found || !*found) fail("no device " + std::string(device));
  return (*found)->device.index;
}

std::size_t device_count() {
  netlink::Message message(RTM_GETLINK, NLM_F_DUMP);
  message.header<ifinfomsg>();
  std::size_t count = 0;
  const Result<void> listed = socket().request(message, "list devices", [&](const netlink::Reply&) { ++count; });
  if (!listed) fail(listed.error().text());
  return count;
}

}  // namespace rsip::test

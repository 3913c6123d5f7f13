/* Requests about links and routes, and dumps of all tables. */
#include "message.h"
#include "vpa_build.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <string.h>

/* linux/if.h clashes with net/if.h here; the numbers are user ABI. */
enum {
  VPA_OPER_DORMANT = 5,
  VPA_OPER_UP = 6,
  VPA_MODE_DEFAULT = 0,
  VPA_MODE_DORMANT = 1,
  VPA_IFF_UP = 1
};

int vpa_build_dump(void *buffer, size_t capacity, enum vpa_table table) {
  static const uint16_t types[] = {XFRM_MSG_GETSA, XFRM_MSG_GETPOLICY, RTM_GETLINK, RTM_GETADDR,
                                   RTM_GETROUTE,   RTM_GETNEXTHOP,     RTM_GETRULE};
  static const size_t bodies[] = {sizeof(struct xfrm_usersa_id), sizeof(struct xfrm_userpolicy_id),
                                  sizeof(struct ifinfomsg),      sizeof(struct ifaddrmsg),
                                  sizeof(struct rtmsg),          sizeof(struct nhmsg),
                                  sizeof(struct fib_rule_hdr)};
  static const char zeros[sizeof(struct xfrm_userpolicy_id)];
  struct vpa_message message = vpa_message_begin(buffer, capacity, types[table], NLM_F_DUMP);
  vpa_message_add(&message, zeros, bodies[table]);
  uint32_t filter = RTEXT_FILTER_SKIP_STATS;
  if (table == VPA_TABLE_LINKS)
    vpa_message_attribute(&message, IFLA_EXT_MASK, &filter, sizeof filter);
  return vpa_message_end(&message);
}

int vpa_build_route_dump(void *buffer, size_t capacity, uint8_t family, int32_t link,
                         uint8_t protocol) {
  struct rtmsg info = {.rtm_family = family == 4 ? AF_INET : AF_INET6, .rtm_protocol = protocol};
  struct vpa_message message = vpa_message_begin(buffer, capacity, RTM_GETROUTE, NLM_F_DUMP);
  vpa_message_add(&message, &info, sizeof info);
  if (link)
    vpa_message_attribute(&message, RTA_OIF, &link, sizeof link);
  return vpa_message_end(&message);
}

int vpa_build_route_get(void *buffer, size_t capacity, const struct vpa_ip *destination) {
  char address[16];
  size_t length = vpa_ip_write(destination, address);
  struct rtmsg info = {.rtm_family = vpa_ip_af(destination),
                       .rtm_dst_len = (unsigned char)(8 * length),
                       .rtm_flags = RTM_F_FIB_MATCH};
  struct vpa_message message = vpa_message_begin(buffer, capacity, RTM_GETROUTE, 0);
  vpa_message_add(&message, &info, sizeof info);
  vpa_message_attribute(&message, RTA_DST, address, length);
  return vpa_message_end(&message);
}

int vpa_build_link_state(void *buffer, size_t capacity, int32_t index, bool dormant) {
  /* ifi_flags and ifi_change 0: the admin flag is not touched. */
  struct ifinfomsg info = {.ifi_family = AF_UNSPEC, .ifi_index = index};
  uint8_t state = dormant ? VPA_OPER_DORMANT : VPA_OPER_UP;
  uint8_t mode = dormant ? VPA_MODE_DORMANT : VPA_MODE_DEFAULT;
  struct vpa_message message = vpa_message_begin(buffer, capacity, RTM_SETLINK, 0);
  vpa_message_add(&message, &info, sizeof info);
  vpa_message_attribute(&message, IFLA_OPERSTATE, &state, sizeof state);
  vpa_message_attribute(&message, IFLA_LINKMODE, &mode, sizeof mode);
  return vpa_message_end(&message);
}

int vpa_build_link_admin(void *buffer, size_t capacity, int32_t index, bool up) {
  struct ifinfomsg info = {.ifi_family = AF_UNSPEC,
                           .ifi_index = index,
                           .ifi_flags = up ? VPA_IFF_UP : 0,
                           .ifi_change = VPA_IFF_UP};
  struct vpa_message message = vpa_message_begin(buffer, capacity, RTM_SETLINK, 0);
  vpa_message_add(&message, &info, sizeof info);
  return vpa_message_end(&message);
}

int vpa_build_address(void *buffer, size_t capacity, const struct vpa_address *address) {
  struct ifaddrmsg info = {
      .ifa_family = vpa_ip_af(&address->address),
      .ifa_prefixlen = address->prefix_length,
      .ifa_index = (uint32_t)address->link_index,
  };
  const struct vpa_ip *other = address->peer.family ? &address->peer : &address->address;
  uint8_t bytes[16];
  struct vpa_message message =
      vpa_message_begin(buffer, capacity, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  vpa_message_add(&message, &info, sizeof info);
  size_t length = vpa_ip_write(&address->address, bytes);
  vpa_message_attribute(&message, IFA_LOCAL, bytes, length);
  length = vpa_ip_write(other, bytes);
  vpa_message_attribute(&message, IFA_ADDRESS, bytes, length);
  vpa_message_attribute(&message, IFA_FLAGS, &address->flags, sizeof address->flags);
  if (address->metric)
    vpa_message_attribute(&message, IFA_RT_PRIORITY, &address->metric, sizeof address->metric);
  return vpa_message_end(&message);
}

int vpa_build_route(void *buffer, size_t capacity, const struct vpa_route *route, bool add) {
  struct rtmsg info = {
      .rtm_family = vpa_ip_af(&route->destination),
      .rtm_dst_len = route->prefix_length,
      .rtm_tos = route->tos,
      .rtm_table = route->table < 256 ? (uint8_t)route->table : RT_TABLE_UNSPEC,
      .rtm_protocol = route->protocol,
      .rtm_scope = route->scope,
      .rtm_type = route->type,
  };
  uint8_t destination[16];
  size_t length = vpa_ip_write(&route->destination, destination);
  struct vpa_message message = vpa_message_begin(
      buffer, capacity, add ? RTM_NEWROUTE : RTM_DELROUTE, add ? NLM_F_CREATE | NLM_F_EXCL : 0);
  vpa_message_add(&message, &info, sizeof info);
  if (route->prefix_length > 0)
    vpa_message_attribute(&message, RTA_DST, destination, length);
  vpa_message_attribute(&message, RTA_TABLE, &route->table, sizeof route->table);
  if (route->metric)
    vpa_message_attribute(&message, RTA_PRIORITY, &route->metric, sizeof route->metric);
  const int32_t *link = &route->legs[0].link_index;
  if (route->leg_count > 0)
    vpa_message_attribute(&message, RTA_OIF, link, sizeof *link);
  return vpa_message_end(&message);
}

/* Requests about links and routes, and dumps of all tables. */
#include "include/vpa_build.h"
#include "message.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <string.h>

/* linux/if.h clashes with net/if.h here; the numbers are user ABI. */
enum { VPA_OPER_DORMANT = 5, VPA_OPER_UP = 6, VPA_MODE_DEFAULT = 0, VPA_MODE_DORMANT = 1 };

int vpa_build_dump(void *buffer, size_t capacity, enum vpa_table table) {
  static const uint16_t types[] = {XFRM_MSG_GETSA, XFRM_MSG_GETPOLICY, RTM_GETLINK, RTM_GETADDR,
                                   RTM_GETROUTE};
  static const size_t bodies[] = {sizeof(struct xfrm_usersa_id), sizeof(struct xfrm_userpolicy_id),
                                  sizeof(struct ifinfomsg), sizeof(struct ifaddrmsg),
                                  sizeof(struct rtmsg)};
  static const char zeros[sizeof(struct xfrm_userpolicy_id)];
  struct vpa_message message = vpa_message_begin(buffer, capacity, types[table], NLM_F_DUMP);
  vpa_message_add(&message, zeros, bodies[table]);
  uint32_t filter = RTEXT_FILTER_SKIP_STATS;
  if (table == VPA_TABLE_LINKS)
    vpa_message_attribute(&message, IFLA_EXT_MASK, &filter, sizeof filter);
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

static struct vpa_message begin_route(void *buffer, size_t capacity, bool add) {
  return vpa_message_begin(buffer, capacity, add ? RTM_NEWROUTE : RTM_DELROUTE,
                           add ? NLM_F_CREATE | NLM_F_EXCL : 0);
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
  struct vpa_message message = begin_route(buffer, capacity, add);
  vpa_message_add(&message, &info, sizeof info);
  if (route->prefix_length > 0)
    vpa_message_attribute(&message, RTA_DST, destination, length);
  vpa_message_attribute(&message, RTA_TABLE, &route->table, sizeof route->table);
  if (route->metric)
    vpa_message_attribute(&message, RTA_PRIORITY, &route->metric, sizeof route->metric);
  if (route->link_index)
    vpa_message_attribute(&message, RTA_OIF, &route->link_index, sizeof route->link_index);
  return vpa_message_end(&message);
}

int vpa_build_route_request(void *buffer, size_t capacity, const void *body, size_t length,
                            bool add) {
  if (length < sizeof(struct rtmsg))
    return -EBADMSG;
  struct vpa_message message = begin_route(buffer, capacity, add);
  vpa_message_add(&message, body, length);
  return vpa_message_end(&message);
}

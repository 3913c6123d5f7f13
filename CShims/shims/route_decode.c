/* Routes, and the request body that makes a route again. */
#include "attribute.h"
#include "decode.h"
#include "include/vpa_build.h"
#include "include/vpa_decode.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

enum { VPA_RTA_COUNT = RTA_NH_ID + 1 };

/* States that the kernel reports but refuses (DEAD, LINKDOWN: EINVAL) or sets by itself. */
#define REPORTED_FLAGS                                                                             \
  (RTNH_F_DEAD | RTNH_F_LINKDOWN | RTNH_F_OFFLOAD | RTNH_F_TRAP | RTNH_F_UNRESOLVED |              \
   RTM_F_OFFLOAD | RTM_F_TRAP | RTM_F_OFFLOAD_FAILED)

/* A route that expires by itself is dumped with the rest of its life in CACHEINFO: replayed
 * without it, it would stay for ever. */
static int expires(const struct nlattr *cacheinfo, bool *out) {
  struct rta_cacheinfo info = {0};
  if (vpa_attribute_copy(cacheinfo, &info, sizeof info) < 0)
    return -EBADMSG;
  *out = info.rta_expires != 0;
  return 0;
}

static int read_route(const struct rtmsg *info, const struct nlattr **table,
                      struct vpa_route *route) {
  bool temporary = false;
  route->table = info->rtm_table;
  route->destination.family = info->rtm_family == AF_INET ? 4 : 6;
  if (vpa_attribute_copy(table[RTA_TABLE], &route->table, sizeof route->table) < 0 ||
      vpa_attribute_copy(table[RTA_PRIORITY], &route->metric, sizeof route->metric) < 0 ||
      vpa_attribute_copy(table[RTA_OIF], &route->link_index, sizeof route->link_index) < 0 ||
      vpa_attribute_ip(table[RTA_DST], info->rtm_family, &route->destination) < 0 ||
      expires(table[RTA_CACHEINFO], &temporary) < 0)
    return -EBADMSG;
  if (info->rtm_dst_len > (info->rtm_family == AF_INET ? 32 : 128))
    return -EBADMSG;
  route->prefix_length = info->rtm_dst_len;
  route->tos = info->rtm_tos;
  route->type = info->rtm_type;
  route->protocol = info->rtm_protocol;
  route->scope = info->rtm_scope;
  bool one_leg = !table[RTA_MULTIPATH] && !table[RTA_NH_ID];
  if (!one_leg)
    route->link_index = 0;
  route->replayable = one_leg && !temporary && info->rtm_src_len == 0;
  return 0;
}

int vpa_decode_route(const void *body, size_t length, struct vpa_event *event) {
  const struct nlattr *table[VPA_RTA_COUNT];
  struct rtmsg info;
  if (length < sizeof info)
    return -EBADMSG;
  memcpy(&info, body, sizeof info);
  /* Cached routes, and families beyond IP (multicast routing, MPLS), are not ours. */
  if ((info.rtm_family != AF_INET && info.rtm_family != AF_INET6) ||
      (info.rtm_flags & RTM_F_CLONED))
    return 0;
  if (vpa_attributes((const char *)body + sizeof info, length - sizeof info, table, VPA_RTA_COUNT) <
          0 ||
      read_route(&info, table, &event->route) < 0)
    return -EBADMSG;
  return event->route.table == RT_TABLE_LOCAL ? 0 : 1;
}

static int append(char *buffer, size_t capacity, size_t *used, const void *bytes, size_t length) {
  size_t padded = MNL_ALIGN(length);
  if (padded > capacity - *used)
    return -EMSGSIZE;
  memcpy(buffer + *used, bytes, length);
  memset(buffer + *used + length, 0, padded - length);
  *used += padded;
  return 0;
}

int vpa_build_route_replay(void *buffer, size_t capacity, const void *message, size_t length) {
  struct vpa_event event;
  if (vpa_decode(VPA_NETLINK_ROUTE, message, length, &event) != 1 ||
      (event.kind != VPA_EVENT_ROUTE && event.kind != VPA_EVENT_ROUTE_DELETED))
    return -EBADMSG;
  const struct nlmsghdr *header = message;
  struct rtmsg info;
  size_t used = 0;
  memcpy(&info, mnl_nlmsg_get_payload(header), sizeof info);
  info.rtm_flags &= ~(unsigned)REPORTED_FLAGS;
  if (append(buffer, capacity, &used, &info, sizeof info) < 0)
    return -EMSGSIZE;
  const struct nlattr *attribute;
  mnl_attr_for_each(attribute, header, sizeof info) {
    if (mnl_attr_get_type(attribute) == RTA_CACHEINFO)
      continue;
    if (append(buffer, capacity, &used, attribute, attribute->nla_len) < 0)
      return -EMSGSIZE;
  }
  return (int)used;
}

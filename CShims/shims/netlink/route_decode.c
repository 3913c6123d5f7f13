/* Routes. */
#include "attribute.h"
#include "decode.h"
#include "vpa_decode.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

enum { VPA_RTA_COUNT = RTA_NH_ID + 1 };

/* A route that expires by itself is dumped with the rest of its life in CACHEINFO: replayed
 * without it, it would stay for ever. */
static int expires(const struct nlattr *cacheinfo, bool *out) {
  struct rta_cacheinfo info = {0};
  if (vpa_attribute_copy(cacheinfo, &info, sizeof info) < 0)
    return -EBADMSG;
  *out = info.rta_expires != 0;
  return 0;
}

static int add_leg(struct vpa_route *route, int32_t link, uint8_t weight,
                   const struct nlattr *gateway, const struct nlattr *via) {
  if (route->leg_count == VPA_LEGS)
    return -EMSGSIZE;
  struct vpa_leg *leg = &route->legs[route->leg_count++];
  leg->link_index = link;
  leg->weight = weight;
  struct rtvia head = {0};
  if (via) {
    if (vpa_attribute_copy(via, &head, sizeof head) < 0)
      return -EBADMSG;
    size_t length = mnl_attr_get_payload_len(via) - sizeof head;
    if (length != (head.rtvia_family == AF_INET6 ? 16 : 4))
      return -EBADMSG;
    leg->gateway = vpa_ip_read((const char *)mnl_attr_get_payload(via) + sizeof head,
                               (uint8_t)head.rtvia_family);
    return 0;
  }
  return vpa_attribute_ip(gateway, route->destination.family == 4 ? AF_INET : AF_INET6,
                          &leg->gateway);
}

/* Each leg is a struct rtnexthop with attributes of its own. */
static int read_legs(const struct nlattr *multipath, struct vpa_route *route) {
  const char *next = mnl_attr_get_payload(multipath);
  size_t left = mnl_attr_get_payload_len(multipath);
  while (left > 0) {
    struct rtnexthop hop;
    const struct nlattr *table[VPA_RTA_COUNT];
    if (left < sizeof hop)
      return -EBADMSG;
    memcpy(&hop, next, sizeof hop);
    if (hop.rtnh_len < sizeof hop || hop.rtnh_len > left ||
        vpa_attributes(next + sizeof hop, hop.rtnh_len - sizeof hop, table, VPA_RTA_COUNT) < 0)
      return -EBADMSG;
    int result = add_leg(route, hop.rtnh_ifindex, (uint8_t)(hop.rtnh_hops + 1), table[RTA_GATEWAY],
                         table[RTA_VIA]);
    if (result < 0)
      return result;
    size_t step = MNL_ALIGN(hop.rtnh_len);
    left = step < left ? left - step : 0;
    next += step;
  }
  return 0;
}

/* Returns 0 with the legs read, -EMSGSIZE when there are too many, or -EBADMSG. */
static int read_ways(const struct nlattr **table, struct vpa_route *route) {
  int32_t link = 0;
  if (vpa_attribute_copy(table[RTA_NH_ID], &route->nexthop_id, sizeof route->nexthop_id) < 0 ||
      vpa_attribute_copy(table[RTA_OIF], &link, sizeof link) < 0)
    return -EBADMSG;
  if (table[RTA_MULTIPATH])
    return read_legs(table[RTA_MULTIPATH], route);
  return link ? add_leg(route, link, 1, table[RTA_GATEWAY], table[RTA_VIA]) : 0;
}

static int read_route(const struct rtmsg *info, const struct nlattr **table,
                      struct vpa_route *route) {
  bool temporary = false;
  route->table = info->rtm_table;
  route->destination.family = info->rtm_family == AF_INET ? 4 : 6;
  if (vpa_attribute_copy(table[RTA_TABLE], &route->table, sizeof route->table) < 0 ||
      vpa_attribute_copy(table[RTA_PRIORITY], &route->metric, sizeof route->metric) < 0 ||
      vpa_attribute_ip(table[RTA_DST], info->rtm_family, &route->destination) < 0 ||
      vpa_attribute_ip(table[RTA_PREFSRC], info->rtm_family, &route->preferred_source) < 0 ||
      expires(table[RTA_CACHEINFO], &temporary) < 0)
    return -EBADMSG;
  if (info->rtm_dst_len > (info->rtm_family == AF_INET ? 32 : 128))
    return -EBADMSG;
  route->prefix_length = info->rtm_dst_len;
  route->tos = info->rtm_tos;
  route->type = info->rtm_type;
  route->protocol = info->rtm_protocol;
  route->scope = info->rtm_scope;
  int ways = read_ways(table, route);
  if (ways == -EBADMSG)
    return -EBADMSG;
  route->replayable = ways == 0 && !temporary && info->rtm_src_len == 0;
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

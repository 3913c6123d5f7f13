/* The request body that makes a dumped route again, whole or without some of its legs. */
#include "attribute.h"
#include "message.h"
#include "vpa_build.h"
#include "vpa_decode.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

/* States of a leg that the kernel reports but refuses (DEAD, LINKDOWN: EINVAL) or sets itself
 * (docs/facts/kernel.md, "Replaying a dumped route"). */
#define LEG_FLAGS (RTNH_F_DEAD | RTNH_F_LINKDOWN | RTNH_F_OFFLOAD | RTNH_F_TRAP | RTNH_F_UNRESOLVED)
#define REPORTED_FLAGS (LEG_FLAGS | RTM_F_OFFLOAD | RTM_F_TRAP | RTM_F_OFFLOAD_FAILED)

/* The dump spells a nexthop object out beside its id; the kernel takes the id alone
 * (docs/facts/kernel.md, "Nexthop objects"). */
static bool is_spelt_out(uint16_t type) {
  return type == RTA_OIF || type == RTA_GATEWAY || type == RTA_VIA || type == RTA_MULTIPATH ||
         type == RTA_ENCAP || type == RTA_ENCAP_TYPE;
}

static bool is_among(int32_t link, const int32_t *links, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (links[i] == link)
      return true;
  return false;
}

/* Adds RTA_MULTIPATH with clean flags and without the legs by `links`. */
static void add_multipath(struct vpa_message *out, const struct nlattr *multipath,
                          const int32_t *links, size_t count) {
  size_t start = vpa_message_nest(out, RTA_MULTIPATH);
  const char *next = mnl_attr_get_payload(multipath);
  size_t left = mnl_attr_get_payload_len(multipath);
  struct rtnexthop hop;
  while (left >= sizeof hop) {
    memcpy(&hop, next, sizeof hop);
    size_t length = hop.rtnh_len;
    if (length < sizeof hop || length > left)
      break;
    hop.rtnh_flags &= (uint8_t)~LEG_FLAGS;
    if (!is_among(hop.rtnh_ifindex, links, count)) {
      vpa_message_add(out, &hop, sizeof hop);
      vpa_message_add(out, next + sizeof hop, length - sizeof hop);
    }
    size_t step = MNL_ALIGN(length);
    left = step < left ? left - step : 0;
    next += step;
  }
  vpa_message_nest_end(out, start);
}

static void add_attributes(struct vpa_message *out, const char *bytes, size_t length,
                           const int32_t *links, size_t count) {
  const struct nlattr *table[RTA_NH_ID + 1];
  if (vpa_attributes(bytes, length, table, RTA_NH_ID + 1) < 0) {
    out->failed = true;
    return;
  }
  while (length >= sizeof(struct nlattr)) {
    const struct nlattr *attribute = (const struct nlattr *)bytes;
    uint16_t type = mnl_attr_get_type(attribute);
    if (type == RTA_CACHEINFO || (table[RTA_NH_ID] && is_spelt_out(type)))
      ; /* not to be replayed */
    else if (type == RTA_MULTIPATH)
      add_multipath(out, attribute, links, count);
    else
      vpa_message_add(out, attribute, attribute->nla_len);
    size_t step = MNL_ALIGN(attribute->nla_len);
    length = step < length ? length - step : 0;
    bytes += step;
  }
}

static void add_body(struct vpa_message *out, const void *body, size_t length, const int32_t *links,
                     size_t count) {
  struct rtmsg info;
  memcpy(&info, body, sizeof info);
  info.rtm_flags &= ~(unsigned)REPORTED_FLAGS;
  vpa_message_add(out, &info, sizeof info);
  add_attributes(out, (const char *)body + sizeof info, length - sizeof info, links, count);
}

int vpa_build_route_replay(void *buffer, size_t capacity, const void *message, size_t length) {
  struct vpa_event event;
  if (vpa_decode(VPA_NETLINK_ROUTE, message, length, &event) != 1 ||
      (event.kind != VPA_EVENT_ROUTE && event.kind != VPA_EVENT_ROUTE_DELETED))
    return -EBADMSG;
  const struct nlmsghdr *header = message;
  struct vpa_message out = {.buffer = buffer, .capacity = capacity};
  add_body(&out, mnl_nlmsg_get_payload(header), header->nlmsg_len - sizeof *header, NULL, 0);
  return out.failed ? -EMSGSIZE : (int)out.length;
}

int vpa_build_route_request(void *buffer, size_t capacity, const void *body, size_t length,
                            enum vpa_change change, const int32_t *links, size_t count) {
  static const uint16_t flags[] = {NLM_F_CREATE | NLM_F_APPEND, NLM_F_CREATE | NLM_F_REPLACE, 0};
  if (length < sizeof(struct rtmsg))
    return -EBADMSG;
  struct vpa_message message = vpa_message_begin(
      buffer, capacity, change == VPA_CHANGE_DELETE ? RTM_DELROUTE : RTM_NEWROUTE, flags[change]);
  add_body(&message, body, length, links, count);
  return vpa_message_end(&message);
}

int vpa_build_route_in_table(void *buffer, size_t capacity, const void *body, size_t length,
                             uint32_t table) {
  struct rtmsg info;
  if (length < sizeof info)
    return -EBADMSG;
  memcpy(&info, body, sizeof info);
  info.rtm_table = table < 256 ? (uint8_t)table : RT_TABLE_COMPAT;
  struct vpa_message out = {.buffer = buffer, .capacity = capacity};
  vpa_message_add(&out, &info, sizeof info);
  vpa_message_attribute(&out, RTA_TABLE, &table, sizeof table);
  const char *next = (const char *)body + sizeof info;
  size_t left = length - sizeof info;
  struct nlattr attribute;
  while (left >= sizeof attribute) {
    memcpy(&attribute, next, sizeof attribute);
    if (attribute.nla_len < sizeof attribute || attribute.nla_len > left)
      return -EBADMSG;
    if ((attribute.nla_type & NLA_TYPE_MASK) != RTA_TABLE)
      vpa_message_add(&out, next, attribute.nla_len);
    size_t step = MNL_ALIGN(attribute.nla_len);
    left = step < left ? left - step : 0;
    next += step;
  }
  return out.failed ? -EMSGSIZE : (int)out.length;
}

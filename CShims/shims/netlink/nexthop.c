/* Nexthop objects and groups (linux/nexthop.h), and the request that makes one again. */
#include "attribute.h"
#include "decode.h"
#include "message.h"
#include "vpa_build.h"
#include "vpa_decode.h"

#include <errno.h>
#include <linux/nexthop.h>
#include <linux/rtnetlink.h>
#include <string.h>

static int read_members(const struct nlattr *group, struct vpa_nexthop *nexthop) {
  size_t count = mnl_attr_get_payload_len(group) / sizeof(struct nexthop_grp);
  const char *entries = mnl_attr_get_payload(group);
  if (count == 0 || mnl_attr_get_payload_len(group) % sizeof(struct nexthop_grp) != 0)
    return -EBADMSG;
  nexthop->replayable = count <= VPA_LEGS;
  nexthop->member_count = (uint32_t)(count <= VPA_LEGS ? count : VPA_LEGS);
  for (size_t i = 0; i < nexthop->member_count; i++) {
    struct nexthop_grp entry;
    memcpy(&entry, entries + i * sizeof entry, sizeof entry);
    nexthop->members[i] = entry.id;
  }
  return 0;
}

int vpa_decode_nexthop(const void *body, size_t length, struct vpa_event *event) {
  const struct nlattr *table[NHA_MAX + 1];
  struct vpa_nexthop *nexthop = &event->nexthop;
  struct nhmsg info;
  if (length < sizeof info)
    return -EBADMSG;
  memcpy(&info, body, sizeof info);
  if (vpa_attributes((const char *)body + sizeof info, length - sizeof info, table, NHA_MAX + 1) <
          0 ||
      vpa_attribute_copy(table[NHA_ID], &nexthop->id, sizeof nexthop->id) < 0 ||
      vpa_attribute_copy(table[NHA_OIF], &nexthop->link_index, sizeof nexthop->link_index) < 0)
    return -EBADMSG;
  nexthop->protocol = info.nh_protocol;
  nexthop->replayable = true;
  if (table[NHA_GROUP] && read_members(table[NHA_GROUP], nexthop) < 0)
    return -EBADMSG;
  if (nexthop->id == 0)
    return -EBADMSG;
  return table[NHA_FDB] ? 0 : 1;
}

static bool is_among(uint32_t id, const uint32_t *members, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (members[i] == id)
      return true;
  return false;
}

static void add_group(struct vpa_message *out, const struct nlattr *group, const uint32_t *without,
                      size_t count) {
  struct nexthop_grp entries[VPA_LEGS];
  size_t kept = 0;
  const char *next = mnl_attr_get_payload(group);
  size_t all = mnl_attr_get_payload_len(group) / sizeof entries[0];
  for (size_t i = 0; i < all && kept < VPA_LEGS; i++, next += sizeof entries[0]) {
    memcpy(&entries[kept], next, sizeof entries[0]);
    kept += !is_among(entries[kept].id, without, count);
  }
  vpa_message_attribute(out, NHA_GROUP, entries, kept * sizeof entries[0]);
}

/* The time out of balance is a report; the kernel refuses to be told it. */
static void add_resilience(struct vpa_message *out, const struct nlattr *resilience) {
  size_t start = vpa_message_nest(out, NHA_RES_GROUP | NLA_F_NESTED);
  const struct nlattr *attribute;
  mnl_attr_for_each_nested(attribute, resilience) {
    uint16_t type = mnl_attr_get_type(attribute);
    if (type >= NHA_RES_GROUP_BUCKETS && type <= NHA_RES_GROUP_UNBALANCED_TIMER)
      vpa_message_add(out, attribute, attribute->nla_len);
  }
  vpa_message_nest_end(out, start);
}

static void add_body(struct vpa_message *out, const void *body, size_t length,
                     const uint32_t *members, size_t count) {
  static const uint16_t verbatim[] = {NHA_ID,  NHA_GROUP_TYPE, NHA_BLACKHOLE,
                                      NHA_OIF, NHA_GATEWAY,    NHA_ENCAP_TYPE};
  const struct nlattr *table[NHA_MAX + 1];
  struct nhmsg info;
  memcpy(&info, body, sizeof info);
  info.nh_scope = 0; /* reported only */
  info.nh_flags &= RTNH_F_ONLINK;
  vpa_message_add(out, &info, sizeof info);
  if (vpa_attributes((const char *)body + sizeof info, length - sizeof info, table, NHA_MAX + 1) <
      0) {
    out->failed = true;
    return;
  }
  for (size_t i = 0; i < sizeof verbatim / sizeof verbatim[0]; i++)
    if (table[verbatim[i]])
      vpa_message_add(out, table[verbatim[i]], table[verbatim[i]]->nla_len);
  /* Dumped without NLA_F_NESTED, and refused so (docs/facts/kernel.md, "Nexthop objects"). */
  if (table[NHA_ENCAP])
    vpa_message_attribute(out, NHA_ENCAP | NLA_F_NESTED, mnl_attr_get_payload(table[NHA_ENCAP]),
                          mnl_attr_get_payload_len(table[NHA_ENCAP]));
  if (table[NHA_GROUP])
    add_group(out, table[NHA_GROUP], members, count);
  if (table[NHA_RES_GROUP])
    add_resilience(out, table[NHA_RES_GROUP]);
}

int vpa_build_nexthop_replay(void *buffer, size_t capacity, const void *message, size_t length) {
  struct vpa_event event;
  if (vpa_decode(VPA_NETLINK_ROUTE, message, length, &event) != 1 ||
      (event.kind != VPA_EVENT_NEXTHOP && event.kind != VPA_EVENT_NEXTHOP_DELETED))
    return -EBADMSG;
  const struct nlmsghdr *header = message;
  struct vpa_message out = {.buffer = buffer, .capacity = capacity};
  add_body(&out, mnl_nlmsg_get_payload(header), header->nlmsg_len - sizeof *header, NULL, 0);
  return out.failed ? -EMSGSIZE : (int)out.length;
}

int vpa_build_nexthop_request(void *buffer, size_t capacity, const void *body, size_t length,
                              enum vpa_change change, const uint32_t *members, size_t count) {
  if (length < sizeof(struct nhmsg) || change == VPA_CHANGE_DELETE)
    return -EBADMSG;
  struct vpa_message message =
      vpa_message_begin(buffer, capacity, RTM_NEWNEXTHOP,
                        NLM_F_CREATE | (change == VPA_CHANGE_REPLACE ? NLM_F_REPLACE : NLM_F_EXCL));
  add_body(&message, body, length, members, count);
  return vpa_message_end(&message);
}

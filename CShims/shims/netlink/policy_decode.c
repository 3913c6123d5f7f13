/*
 * XFRM policies. Message layouts are net/xfrm/xfrm_user.c's: a DELPOLICY says which policy it is in
 * an attribute, its own fixed part lacks the index.
 */
#include "attribute.h"
#include "decode.h"

#include <endian.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <string.h>

_Static_assert(sizeof(struct xfrm_userpolicy_info) == 168, "NEWPOLICY and UPDPOLICY begin with it");
_Static_assert(sizeof(struct xfrm_userpolicy_id) == 64, "DELPOLICY begins with it");
_Static_assert(sizeof(struct xfrm_user_polexpire) == 176, "POLEXPIRE begins with it");
_Static_assert(sizeof(struct xfrm_user_tmpl) == 64, "XFRMA_TMPL is an array of it");

enum { VPA_POLICY_ATTRIBUTES = XFRMA_IF_ID + 1 };

/* The sub policies of CONFIG_XFRM_SUB_POLICY are a table of their own. */
static int is_main(const struct nlattr *attribute) {
  struct xfrm_userpolicy_type type = {.type = XFRM_POLICY_TYPE_MAIN};
  if (vpa_attribute_copy(attribute, &type, sizeof type) < 0)
    return -EBADMSG;
  return type.type == XFRM_POLICY_TYPE_MAIN;
}

static int read_selector(const struct xfrm_selector *selector, struct vpa_policy *policy) {
  policy->source = vpa_ip_read(&selector->saddr, (uint8_t)selector->family);
  policy->destination = vpa_ip_read(&selector->daddr, (uint8_t)selector->family);
  policy->source_length = selector->prefixlen_s;
  policy->destination_length = selector->prefixlen_d;
  policy->protocol = selector->proto;
  policy->has_ports = selector->sport_mask != 0 || selector->dport_mask != 0;
  uint8_t width = policy->source.family == 4 ? 32 : 128;
  if (policy->source.family == 0 || selector->prefixlen_s > width || selector->prefixlen_d > width)
    return -EBADMSG;
  return 0;
}

static void read_template(const struct nlattr *attribute, struct vpa_policy *policy) {
  struct xfrm_user_tmpl template;
  if (!attribute)
    return;
  const char *next = mnl_attr_get_payload(attribute);
  size_t left = mnl_attr_get_payload_len(attribute);
  for (; left >= sizeof template; next += sizeof template, left -= sizeof template) {
    memcpy(&template, next, sizeof template);
    if (template.id.proto != IPPROTO_ESP || template.mode != XFRM_MODE_TUNNEL)
      continue;
    policy->has_template = true;
    policy->reqid = template.reqid;
    policy->tunnel_source = vpa_ip_read(&template.saddr, (uint8_t) template.family);
    policy->tunnel_destination = vpa_ip_read(&template.id.daddr, (uint8_t) template.family);
    return;
  }
}

/* Returns 1, 0 for a socket's policy (its direction follows XFRM_POLICY_MAX), or -EBADMSG. */
static int read_policy(const void *body, const struct nlattr **table, struct vpa_policy *policy) {
  struct xfrm_userpolicy_info info;
  memcpy(&info, body, sizeof info);
  if (info.dir >= XFRM_POLICY_MAX)
    return 0;
  policy->index = info.index;
  policy->priority = info.priority;
  policy->direction = info.dir;
  struct xfrm_mark mark = {0};
  if (read_selector(&info.sel, policy) < 0 ||
      vpa_attribute_copy(table[XFRMA_MARK], &mark, sizeof mark) < 0 ||
      vpa_attribute_copy(table[XFRMA_IF_ID], &policy->if_id, sizeof policy->if_id) < 0)
    return -EBADMSG;
  policy->mark_value = mark.v;
  policy->mark_mask = mark.m;
  policy->has_mark = mark.v != 0 || mark.m != 0;
  read_template(table[XFRMA_TMPL], policy);
  return is_main(table[XFRMA_POLICY_TYPE]);
}

int vpa_decode_policy(const void *body, size_t length, struct vpa_event *event) {
  const struct nlattr *table[VPA_POLICY_ATTRIBUTES];
  if (vpa_attributes_after(body, length, sizeof(struct xfrm_userpolicy_info), table,
                           VPA_POLICY_ATTRIBUTES) < 0)
    return -EBADMSG;
  return read_policy(body, table, &event->policy);
}

int vpa_decode_policy_expired(const void *body, size_t length, struct vpa_event *event) {
  const struct nlattr *table[VPA_POLICY_ATTRIBUTES];
  if (vpa_attributes_after(body, length, sizeof(struct xfrm_user_polexpire), table,
                           VPA_POLICY_ATTRIBUTES) < 0)
    return -EBADMSG;
  event->expired_hard = ((const uint8_t *)body)[offsetof(struct xfrm_user_polexpire, hard)] != 0;
  return read_policy(body, table, &event->policy);
}

int vpa_decode_policy_deleted(const void *body, size_t length, struct vpa_event *event) {
  const struct nlattr *table[VPA_POLICY_ATTRIBUTES];
  if (vpa_attributes_after(body, length, sizeof(struct xfrm_userpolicy_id), table,
                           VPA_POLICY_ATTRIBUTES) < 0)
    return -EBADMSG;
  const struct nlattr *whole = table[XFRMA_POLICY];
  if (!whole || mnl_attr_get_payload_len(whole) < sizeof(struct xfrm_userpolicy_info))
    return -EBADMSG;
  return read_policy(mnl_attr_get_payload(whole), table, &event->policy);
}

int vpa_decode_policies_flushed(const void *body, size_t length, struct vpa_event *event) {
  const struct nlattr *table[VPA_POLICY_ATTRIBUTES];
  (void)event;
  if (vpa_attributes(body, length, table, VPA_POLICY_ATTRIBUTES) < 0)
    return -EBADMSG;
  return is_main(table[XFRMA_POLICY_TYPE]);
}

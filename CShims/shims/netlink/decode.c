#include "vpa_decode.h"

#include "attribute.h"
#include "decode.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <linux/xfrm.h>
#include <string.h>

typedef int decoder(const void *body, size_t length, struct vpa_event *event);

static decoder *xfrm_decoder(uint16_t type, enum vpa_event_kind *kind) {
  switch (type) {
  case XFRM_MSG_NEWSA:
  case XFRM_MSG_UPDSA:
    *kind = VPA_EVENT_SA;
    return vpa_decode_sa;
  case XFRM_MSG_DELSA:
    *kind = VPA_EVENT_SA_DELETED;
    return vpa_decode_sa_deleted;
  case XFRM_MSG_EXPIRE:
    *kind = VPA_EVENT_SA_EXPIRED;
    return vpa_decode_sa_expired;
  case XFRM_MSG_FLUSHSA:
    *kind = VPA_EVENT_SA_FLUSHED;
    return vpa_decode_sa_flushed;
  case XFRM_MSG_NEWPOLICY:
  case XFRM_MSG_UPDPOLICY:
    *kind = VPA_EVENT_POLICY;
    return vpa_decode_policy;
  case XFRM_MSG_DELPOLICY:
    *kind = VPA_EVENT_POLICY_DELETED;
    return vpa_decode_policy_deleted;
  case XFRM_MSG_POLEXPIRE:
    *kind = VPA_EVENT_POLICY_EXPIRED;
    return vpa_decode_policy_expired;
  case XFRM_MSG_FLUSHPOLICY:
    *kind = VPA_EVENT_POLICIES_FLUSHED;
    return vpa_decode_policies_flushed;
  default:
    return NULL;
  }
}

static decoder *route_decoder(uint16_t type, enum vpa_event_kind *kind) {
  switch (type) {
  case RTM_NEWLINK:
  case RTM_DELLINK:
    *kind = type == RTM_NEWLINK ? VPA_EVENT_LINK : VPA_EVENT_LINK_DELETED;
    return vpa_decode_link;
  case RTM_NEWADDR:
  case RTM_DELADDR:
    *kind = type == RTM_NEWADDR ? VPA_EVENT_ADDRESS : VPA_EVENT_ADDRESS_DELETED;
    return vpa_decode_address;
  case RTM_NEWROUTE:
  case RTM_DELROUTE:
    *kind = type == RTM_NEWROUTE ? VPA_EVENT_ROUTE : VPA_EVENT_ROUTE_DELETED;
    return vpa_decode_route;
  case RTM_NEWNEXTHOP:
  case RTM_DELNEXTHOP:
    *kind = type == RTM_NEWNEXTHOP ? VPA_EVENT_NEXTHOP : VPA_EVENT_NEXTHOP_DELETED;
    return vpa_decode_nexthop;
  case RTM_NEWRULE:
  case RTM_DELRULE:
    *kind = type == RTM_NEWRULE ? VPA_EVENT_RULE : VPA_EVENT_RULE_DELETED;
    return vpa_decode_rule;
  default:
    return NULL;
  }
}

int vpa_decode(enum vpa_netlink_protocol protocol, const void *bytes, size_t length,
               struct vpa_event *event) {
  memset(event, 0, sizeof *event);
  const struct nlmsghdr *header = bytes;
  if (length < sizeof *header || header->nlmsg_len < sizeof *header || header->nlmsg_len > length)
    return -EBADMSG;
  enum vpa_event_kind kind = VPA_EVENT_NONE;
  decoder *decode = protocol == VPA_NETLINK_XFRM ? xfrm_decoder(header->nlmsg_type, &kind)
                                                 : route_decoder(header->nlmsg_type, &kind);
  if (!decode)
    return 0;
  int result = decode(mnl_nlmsg_get_payload(header), header->nlmsg_len - sizeof *header, event);
  if (result == 1)
    event->kind = kind;
  event->route.replaces = kind == VPA_EVENT_ROUTE && header->nlmsg_flags & NLM_F_REPLACE;
  event->route.appended = kind == VPA_EVENT_ROUTE && header->nlmsg_flags & NLM_F_APPEND;
  return result;
}

long vpa_message_size(const void *bytes, size_t length) {
  const struct nlmsghdr *header = bytes;
  if (length < sizeof *header || header->nlmsg_len < sizeof *header || header->nlmsg_len > length)
    return -EBADMSG;
  size_t aligned = MNL_ALIGN(header->nlmsg_len);
  return aligned < length ? (long)aligned : (long)length;
}

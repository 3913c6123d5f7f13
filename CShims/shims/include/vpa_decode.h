#ifndef VPA_DECODE_H
#define VPA_DECODE_H

#include "vpa_event.h"

/* Whose message types these are: XFRM_MSG_* and RTM_* are the same numbers. */
enum vpa_netlink_protocol { VPA_NETLINK_XFRM, VPA_NETLINK_ROUTE };

/* Decodes the first netlink message in `bytes`; returns 1 when `event` is filled, 0 for a message
 * that does not concern the agent, -EBADMSG for one that is cut short or inconsistent. */
int vpa_decode(enum vpa_netlink_protocol protocol, const void *bytes, size_t length,
               struct vpa_event *event);

/* Returns the space the first message in `bytes` takes there, or -EBADMSG. */
long vpa_message_size(const void *bytes, size_t length);

#endif

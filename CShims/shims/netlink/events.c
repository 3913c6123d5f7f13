/*
 * Event sockets. When the kernel's queue overflows, recv() says ENOBUFS *before* the older messages
 * still queued, and until the queue is empty every further event is dropped without another
 * ENOBUFS: so the loss is only reported once EAGAIN was seen, when a dump can be trusted again
 * (docs/facts/kernel.md, "Overrun").
 */
#include "attribute.h"
#include "socket.h"

#include <errno.h>

static int next_in_datagram(struct vpa_netlink *nl, struct vpa_event *event) {
  const void *message;
  size_t length;
  while ((message = vpa_netlink_message(nl, &length))) {
    int result = vpa_decode(nl->protocol, message, length, event);
    if (result == 1)
      return 1;
    if (result < 0)
      nl->drops.malformed++;
  }
  return 0;
}

static int drained(struct vpa_netlink *nl) {
  int result = nl->overrun ? -ENOBUFS : 0;
  nl->overrun = false;
  return result;
}

int vpa_events_next(struct vpa_netlink *nl, struct vpa_event *event) {
  for (;;) {
    if (next_in_datagram(nl, event) == 1)
      return 1;
    int result = vpa_netlink_receive(nl);
    if (result == -EAGAIN)
      return drained(nl);
    if (result == 0)
      continue;
    if (result == -ENOBUFS)
      nl->drops.overruns++;
    nl->overrun = true;
    if (result != -ENOBUFS && result != -EMSGSIZE) /* ENOMEM: an event may be lost as well */
      return drained(nl);
  }
}

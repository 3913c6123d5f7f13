/* Internal: a netlink socket and the datagram it holds. */
#ifndef VPA_NETLINK_SOCKET_H
#define VPA_NETLINK_SOCKET_H

#include "vpa_netlink.h"

/* Dumps come in datagrams of up to 32 KiB (net/netlink/af_netlink.c); events are smaller. */
#define VPA_RECEIVE_BUFFER 65536
#define VPA_COMPLAINT 256

struct vpa_netlink {
  int fd;
  enum vpa_netlink_protocol protocol;
  struct vpa_netlink_drops drops;
  bool overrun;      /* events: lost some since the last time the queue was drained */
  bool inconsistent; /* requests: NLM_F_DUMP_INTR was set */
  uint32_t sequence; /* requests: of the one under way */
  char complaint[VPA_COMPLAINT];
  size_t length;  /* of the datagram in the buffer */
  size_t offset;  /* of the next message in it */
  size_t current; /* of the message last returned */
  _Alignas(8) char buffer[VPA_RECEIVE_BUFFER];
};

/* Replaces the buffer's datagram by the next one from the kernel, wiping the old one; returns 0 or
 * -errno, -EMSGSIZE when it did not fit. */
int vpa_netlink_receive(struct vpa_netlink *socket);

/* Forgets the datagram and wipes it. */
void vpa_netlink_wipe(struct vpa_netlink *socket);

/* Returns the next message of the datagram, or NULL at its end. */
const void *vpa_netlink_message(struct vpa_netlink *socket, size_t *length);

#endif

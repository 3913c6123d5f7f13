/* Internal: sending a datagram from a chosen address and through a chosen link. */
#ifndef VPA_SOCKET_ENVELOPE_H
#define VPA_SOCKET_ENVELOPE_H

#include "address.h"

/* What a message's header points to. Needs _GNU_SOURCE. */
struct vpa_envelope {
  union vpa_socket_address to;
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* Addresses a message. The kernel chooses the source when that is not of the destination's family,
 * and the link when that is 0. */
void vpa_envelope_address(struct vpa_envelope *envelope, struct msghdr *header,
                          const struct vpa_ip *source, const struct vpa_ip *to, uint16_t port,
                          int32_t link_index);

/* Sends a message without waiting; returns 0 or -errno. */
int vpa_send_message(int fd, const struct msghdr *header);

#endif

/* UDP sockets beside an IKE daemon's, past every IPsec policy. */
#ifndef VPA_IKE_PING_H
#define VPA_IKE_PING_H

#include "vpa_ip.h"

#include <stddef.h>

/* A datagram's far end. */
struct vpa_udp_peer {
  struct vpa_ip address;
  uint16_t port; /* host order */
};

/* Opens a UDP socket of a family (4 or 6) on a port that the kernel chooses; policies of its own
 * let its packets pass in clear, both ways. Returns the fd (non-blocking, close-on-exec), or
 * -errno (-EPERM without CAP_NET_ADMIN). */
int vpa_ike_ping_open(uint8_t family);

/* Sends a datagram from an address of this host. Returns 0 or -errno. */
int vpa_ike_ping_send(int fd, const struct vpa_ip *source, const struct vpa_udp_peer *to,
                      const uint8_t *bytes, size_t length);

/* Receives a datagram, cut to `size`; returns its length, -EAGAIN when none waits, or -errno. */
long vpa_ike_ping_receive(int fd, uint8_t *bytes, size_t size, struct vpa_udp_peer *from);

#endif

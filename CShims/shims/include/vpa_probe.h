/* ICMP echo through chosen links: one raw socket a family. */
#ifndef VPA_PROBE_H
#define VPA_PROBE_H

#include "vpa_ip.h"

#include <stddef.h>

/* The longest payload of a batch, without IP and ICMP headers. */
#define VPA_PROBE_PAYLOAD 1500

/* An echo request to send. */
struct vpa_probe_out {
  struct vpa_ip source;      /* family 0: the kernel chooses */
  struct vpa_ip destination; /* of the socket's family */
  int32_t link_index;        /* goes out through this link; 0: by the routes */
  uint32_t payload_offset;   /* into the bytes given with the list */
  uint16_t payload_length;
  uint16_t sequence;
  int32_t result; /* set: 0, or the -errno of this one */
};

/* An echo reply received. */
struct vpa_probe_in {
  struct vpa_ip source;
  int64_t age_ns;     /* since the kernel got it, never negative */
  int32_t link_index; /* it arrived on */
  uint16_t payload_length;
  uint16_t sequence;
};

/* Opens a socket for IPv4 that sees nothing but echo replies with this identifier; returns the fd
 * (non-blocking, close-on-exec), or -errno. */
int vpa_probe_open_v4(uint16_t identifier);

/* Opens the same for IPv6. */
int vpa_probe_open_v6(uint16_t identifier);

/* Opens a socket that sends for IPv6 and sees nothing. `vpa_probe_send` binds it to each link in
 * turn. */
int vpa_probe_open_sender_v6(void);

/* Sends echo requests with this identifier by a socket of this family (AF_INET, AF_INET6), each
 * with its own result; returns how many were handed to the kernel. With IPv6 and a link the socket
 * stays bound to that link: it should be a sender's. */
int vpa_probe_send(int fd, int family, uint16_t identifier, const uint8_t *bytes, size_t length,
                   struct vpa_probe_out *list, size_t count);

/* Receives replies by a socket of this family, at most `count`, their payloads at multiples of
 * VPA_PROBE_PAYLOAD in `bytes`; what a longer one has beyond that is cut off. Returns how many
 * (those that are not ours are left out: `taken` counts all), 0 when there is none, or -errno. */
int vpa_probe_receive(int fd, int family, uint16_t identifier, uint8_t *bytes,
                      struct vpa_probe_in *list, size_t count, size_t *taken);

/* Opens a socket that sees every IPv4 echo request that this host receives; returns the fd
 * (non-blocking, close-on-exec), or -errno. */
int vpa_requests_watch_v4(void);

/* Opens the same for IPv6. */
int vpa_requests_watch_v6(void);

/* Receives echo requests, at most `count`: of each the source and the link it arrived on; returns
 * how many, 0 when there is none, or -errno. */
int vpa_requests_receive(int fd, struct vpa_probe_in *list, size_t count);

#endif

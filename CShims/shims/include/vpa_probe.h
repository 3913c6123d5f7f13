/* ICMP echo through a chosen link: raw sockets, in batches. */
#ifndef VPA_PROBE_H
#define VPA_PROBE_H

#include "vpa_ip.h"

#include <stddef.h>
#include <stdint.h>

#define VPA_PROBE_BATCH 64
#define VPA_PROBE_PAYLOAD 1500

/* One echo request. */
struct vpa_probe_out {
  struct vpa_ip source;
  struct vpa_ip destination;
  int32_t link_index; /* leaves by this link, whatever the routes say */
  uint16_t sequence;
  uint16_t payload_length; /* at most VPA_PROBE_PAYLOAD */
  const uint8_t *payload;
  int32_t result; /* set: 0 sent, else -errno */
};

/* One echo reply. */
struct vpa_probe_in {
  struct vpa_ip source;
  int32_t link_index; /* it arrived by this link */
  uint16_t payload_length;
  int64_t age_ns; /* since the kernel had it; 0 when it does not say */
  uint8_t payload[VPA_PROBE_PAYLOAD];
};

/* Opens a raw ICMP (family 4) or ICMPv6 (6) socket that receives only echo replies with this
 * identifier, cut off in the kernel. Returns the fd (non-blocking), or -errno. */
int vpa_probe_open(uint8_t family, uint16_t identifier);

/* Sends at most VPA_PROBE_BATCH echo requests, all of the socket's family, and sets each one's
 * result. */
void vpa_probe_send(int fd, uint16_t identifier, struct vpa_probe_out *list, int count);

/* Takes at most VPA_PROBE_BATCH replies that wait. Returns how many, or -errno. */
int vpa_probe_receive(int fd, uint8_t family, struct vpa_probe_in *list, int count);

#endif

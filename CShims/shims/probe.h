/* Internal: what sending and receiving of probes share. */
#ifndef VPA_PROBE_INTERNAL_H
#define VPA_PROBE_INTERNAL_H

#include <netinet/in.h>

#include "include/vpa_probe.h"

/* Probes handed to one sendmmsg or recvmmsg. */
enum { VPA_PROBE_BATCH = 64 };

/* Echo requests and replies begin alike in ICMP (RFC 792) and ICMPv6 (RFC 4443); big endian. */
struct vpa_echo {
  uint8_t type;
  uint8_t code;
  uint16_t checksum;
  uint16_t identifier;
  uint16_t sequence;
};

/* Returns AF_INET or AF_INET6. */
int vpa_probe_family(int fd);

#endif

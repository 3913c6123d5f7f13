/* Internal: what sending and receiving of probes share. */
#ifndef VPA_PROBE_INTERNAL_H
#define VPA_PROBE_INTERNAL_H

#include "../socket/address.h"
#include "vpa_probe.h"

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

/* Fills in an echo request's header for a payload that follows it. */
void vpa_echo_request(struct vpa_echo *echo, int family, uint16_t identifier, uint16_t sequence,
                      const uint8_t *payload, size_t length);

/* Lets a raw ICMP socket receive messages of one type only; returns 0, or -1 with errno set. */
int vpa_probe_pass(int fd, int family, int type);

/* Lets a raw ICMP socket receive nothing. */
int vpa_probe_pass_nothing(int fd, int family);

/* Returns AF_INET or AF_INET6. */
int vpa_probe_family(int fd);

#endif

/* Internal: what sending and receiving of probes share. */
#ifndef VPA_PROBE_INTERNAL_H
#define VPA_PROBE_INTERNAL_H

#include <netinet/in.h>

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

/* Writes an address with port 0, a link-local one with this link as its scope; returns its length.
 */
socklen_t vpa_probe_address(const struct vpa_ip *ip, int32_t link_index,
                            struct sockaddr_storage *out);

/* Returns AF_INET or AF_INET6. */
int vpa_probe_family(int fd);

#endif

/* A bounded look at ESP that arrives: which peer sends with which SPI. */
#ifndef VPA_CAPTURE_H
#define VPA_CAPTURE_H

#include "vpa_ip.h"

#include <stddef.h>

/* One packet of ESP, bare or in UDP. */
struct vpa_esp {
  struct vpa_ip source;
  struct vpa_ip destination;
  uint32_t spi;
};

/* An SA that is there: for whom its packets are, and its SPI, host order. */
struct vpa_sa_id {
  struct vpa_ip destination;
  uint32_t spi;
};

/* One instruction of a classic BPF program (struct sock_filter). */
struct vpa_bpf {
  uint16_t code;
  uint8_t jt;
  uint8_t jf;
  uint32_t k;
};

/* Writes the filter that a capture of this family (4 or 6) has: ESP, and ESP in UDP to port 4500,
 * addressed to this host, from these sources, of none of these SAs (best sorted by destination).
 * Sources and SAs of the other family are left out. Returns the number of instructions, -E2BIG when
 * the sources do not fit (about 2,000 of IPv4, 450 of IPv6), -ENOENT without one. SAs that do not
 * fit are left out: their packets are seen. */
int vpa_capture_filter(uint8_t family, const struct vpa_ip *sources, size_t source_count,
                       const struct vpa_sa_id *known, size_t known_count, struct vpa_bpf *program,
                       size_t capacity);

/* Opens a packet socket with that filter in the calling thread's network namespace; returns the fd
 * (non-blocking, close-on-exec), or -errno. It holds 64 KiB of packets, those beyond are dropped.
 */
int vpa_capture_open(uint8_t family, const struct vpa_ip *sources, size_t source_count,
                     const struct vpa_sa_id *known, size_t known_count);

/* Receives packets, at most `count`; returns how many, 0 when there is none, or -errno. */
int vpa_capture_receive(int fd, struct vpa_esp *list, size_t count);

/* Decodes a packet that begins with its IP header; returns 1, or 0 when it is not ESP. */
int vpa_capture_decode(const uint8_t *packet, size_t length, struct vpa_esp *esp);

/* Returns how many packets the filter let pass into the socket since this was last asked, those
 * that were dropped because it was full not counted, or -errno. */
int64_t vpa_capture_count(int fd);

#endif

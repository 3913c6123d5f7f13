#ifndef VPA_IP_H
#define VPA_IP_H

#include <stdint.h>

/* An address as a number: an IPv4 address is in the low 32 bits of `low`. */
struct vpa_ip {
  uint64_t high;
  uint64_t low;
  uint8_t family; /* 4, 6, or 0 for none */
};

#endif

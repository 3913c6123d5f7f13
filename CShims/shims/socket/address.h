/* Internal: addresses to and from network order and the kernel's structures. */
#ifndef VPA_SOCKET_ADDRESS_H
#define VPA_SOCKET_ADDRESS_H

#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#include "vpa_ip.h"

/* An address of either family; `any.sa_family` says of which. */
union vpa_socket_address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
};

/* Reads 4 or 16 bytes in network order; any other family than AF_INET and AF_INET6 gives none. */
struct vpa_ip vpa_ip_read(const void *bytes, uint8_t family);

/* Writes an address in network order; returns its length: 4, 16, or 0 for none. */
size_t vpa_ip_write(const struct vpa_ip *ip, void *bytes);

/* Returns AF_INET, AF_INET6 or AF_UNSPEC. */
uint8_t vpa_ip_af(const struct vpa_ip *ip);

/* Writes an address, a link-local one with this link as its scope, and a port (host order);
 * returns its length. */
socklen_t vpa_socket_address_write(union vpa_socket_address *out, const struct vpa_ip *ip,
                                   uint16_t port, int32_t link_index);

/* Returns the address alone. */
struct vpa_ip vpa_socket_address_ip(const union vpa_socket_address *address);

#endif

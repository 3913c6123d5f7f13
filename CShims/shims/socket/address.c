#include "address.h"

#include <endian.h>
#include <string.h>

struct vpa_ip vpa_ip_read(const void *bytes, uint8_t family) {
  struct vpa_ip ip = {0};
  if (family == AF_INET) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    ip.family = 4;
    ip.low = be32toh(word);
  } else if (family == AF_INET6) {
    uint64_t words[2];
    memcpy(words, bytes, sizeof words);
    ip.family = 6;
    ip.high = be64toh(words[0]);
    ip.low = be64toh(words[1]);
  }
  return ip;
}

size_t vpa_ip_write(const struct vpa_ip *ip, void *bytes) {
  if (ip->family == 4) {
    uint32_t word = htobe32((uint32_t)ip->low);
    memcpy(bytes, &word, sizeof word);
    return sizeof word;
  }
  if (ip->family == 6) {
    uint64_t words[2] = {htobe64(ip->high), htobe64(ip->low)};
    memcpy(bytes, words, sizeof words);
    return sizeof words;
  }
  return 0;
}

uint8_t vpa_ip_af(const struct vpa_ip *ip) {
  return ip->family == 4 ? AF_INET : ip->family == 6 ? AF_INET6 : AF_UNSPEC;
}

socklen_t vpa_socket_address_write(union vpa_socket_address *out, const struct vpa_ip *ip,
                                   uint16_t port, int32_t link_index) {
  memset(out, 0, sizeof *out);
  if (ip->family == 4) {
    out->v4.sin_family = AF_INET;
    out->v4.sin_port = htobe16(port);
    vpa_ip_write(ip, &out->v4.sin_addr);
    return sizeof out->v4;
  }
  out->v6.sin6_family = AF_INET6;
  out->v6.sin6_port = htobe16(port);
  vpa_ip_write(ip, &out->v6.sin6_addr);
  if (IN6_IS_ADDR_LINKLOCAL(&out->v6.sin6_addr))
    out->v6.sin6_scope_id = (uint32_t)link_index;
  return sizeof out->v6;
}

struct vpa_ip vpa_socket_address_ip(const union vpa_socket_address *address) {
  return address->any.sa_family == AF_INET ? vpa_ip_read(&address->v4.sin_addr, AF_INET)
                                           : vpa_ip_read(&address->v6.sin6_addr, AF_INET6);
}

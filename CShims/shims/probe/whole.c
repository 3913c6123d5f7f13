#define _GNU_SOURCE
#include "vpa_probe_whole.h"

#include "../netlink/attribute.h"
#include "probe.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* linux/icmp.h and linux/in6.h clash with netinet's headers; the numbers are user ABI. */
enum { VPA_ICMP_FILTER = 1, VPA_BIND_TO_INDEX = 62 };

static int set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value);
}

/* Whole: as IP_PMTUDISC_DO the kernel sends with DF what fits into the MTU that it knows of the
 * destination, and refuses the rest. Else as by default. */
static int keep_whole(int fd, int family, bool whole) {
  if (family == AF_INET)
    return set(fd, IPPROTO_IP, IP_MTU_DISCOVER, whole ? IP_PMTUDISC_DO : IP_PMTUDISC_WANT);
  if (set(fd, IPPROTO_IPV6, IPV6_DONTFRAG, whole) < 0)
    return -1;
  return set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, whole ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_WANT);
}

/* Looks the route up anew and returns the MTU that the kernel knows of it, or -1. */
static int look_up(int fd, int family, const struct vpa_probe_out *out) {
  struct sockaddr_storage far;
  socklen_t far_length = vpa_probe_address(&out->destination, out->link_index, &far);
  if (connect(fd, (struct sockaddr *)&far, far_length) < 0)
    return -1;
  int mtu = 0;
  socklen_t length = sizeof mtu;
  bool is_v4 = family == AF_INET;
  if (getsockopt(fd, is_v4 ? IPPROTO_IP : IPPROTO_IPV6, is_v4 ? IP_MTU : IPV6_MTU, &mtu, &length) <
      0)
    return -1;
  return mtu;
}

static int send_echo(int fd, int family, uint16_t identifier, const uint8_t *payload,
                     const struct vpa_probe_out *out) {
  struct vpa_echo echo;
  vpa_echo_request(&echo, family, identifier, out->sequence, payload, out->payload_length);
  struct iovec parts[2] = {{.iov_base = &echo, .iov_len = sizeof echo},
                           {.iov_base = (void *)payload, .iov_len = out->payload_length}};
  struct msghdr header = {.msg_iov = parts, .msg_iovlen = 2};
  ssize_t sent;
  do
    sent = sendmsg(fd, &header, MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -1 : 0;
}

/* A tunnel link takes a packet that is too long for its SA, drops it, and notes the SA's MTU on the
 * route (ip_vti.c, xfrm_interface_core.c: skb_dst_update_pmtu): hence the second look. */
static int send_if_it_fits(int fd, int family, uint16_t identifier, const uint8_t *payload,
                           const struct vpa_probe_out *out, uint32_t *mtu) {
  int size = (family == AF_INET ? 20 : 40) + (int)sizeof(struct vpa_echo) + out->payload_length;
  int known = look_up(fd, family, out);
  if (known < 0)
    return -errno;
  bool refused = known < size;
  if (!refused && send_echo(fd, family, identifier, payload, out) < 0) {
    if (errno != EMSGSIZE)
      return -errno;
    refused = true;
  }
  if (known >= size)
    known = look_up(fd, family, out);
  if (known < 0 || (known >= size && !refused))
    return 0;
  *mtu = (uint32_t)known;
  return -EMSGSIZE;
}

int vpa_probe_send_whole(int fd, uint16_t identifier, const uint8_t *payload,
                         const struct vpa_probe_out *out, uint32_t *mtu) {
  int family = vpa_ip_af(&out->destination);
  *mtu = 0;
  if (family != vpa_probe_family(fd))
    return -EAFNOSUPPORT;
  if (keep_whole(fd, family, true) < 0)
    return -errno;
  int result = send_if_it_fits(fd, family, identifier, payload, out, mtu);
  int pending;
  socklen_t length = sizeof pending;
  /* An ICMP error about this packet is none of the next one's. */
  (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &pending, &length);
  if (keep_whole(fd, family, false) < 0 && result == 0)
    result = -errno;
  return result;
}

/* Sends only: replies are the business of the sockets for all probes. */
static int block_receiving(int fd, int family) {
  if (family == AF_INET) {
    uint32_t blocked = ~0u;
    return setsockopt(fd, SOL_RAW, VPA_ICMP_FILTER, &blocked, sizeof blocked);
  }
  struct icmp6_filter types;
  ICMP6_FILTER_SETBLOCKALL(&types);
  return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &types, sizeof types);
}

static int tie(int fd, int family, const struct vpa_probe_out *out) {
  struct sockaddr_storage near;
  if (block_receiving(fd, family) < 0 ||
      set(fd, SOL_SOCKET, VPA_BIND_TO_INDEX, out->link_index) < 0)
    return -1;
  if (out->source.family == 0)
    return 0;
  socklen_t length = vpa_probe_address(&out->source, out->link_index, &near);
  return bind(fd, (struct sockaddr *)&near, length);
}

int vpa_probe_send_whole_by_link(uint16_t identifier, const uint8_t *payload,
                                 const struct vpa_probe_out *out, uint32_t *mtu) {
  int family = vpa_ip_af(&out->destination);
  *mtu = 0;
  if (!family || (out->source.family && vpa_ip_af(&out->source) != family))
    return -EAFNOSUPPORT;
  int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                  family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
  if (fd < 0)
    return -errno;
  int result =
      tie(fd, family, out) < 0 ? -errno : vpa_probe_send_whole(fd, identifier, payload, out, mtu);
  close(fd);
  return result;
}

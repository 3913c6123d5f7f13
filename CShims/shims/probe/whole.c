#define _GNU_SOURCE
#include "vpa_probe_whole.h"

#include "../socket/envelope.h"
#include "../socket/options.h"
#include "probe.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

/* Whole: as IP_PMTUDISC_DO the kernel sends with DF what fits into the MTU that it knows of the
 * destination, and refuses the rest. Else as by default. */
static int keep_whole(int fd, int family, bool whole) {
  if (family == AF_INET)
    return vpa_set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER,
                          whole ? IP_PMTUDISC_DO : IP_PMTUDISC_WANT);
  if (vpa_set_option(fd, IPPROTO_IPV6, IPV6_DONTFRAG, whole) < 0)
    return -1;
  return vpa_set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER,
                        whole ? IPV6_PMTUDISC_DO : IPV6_PMTUDISC_WANT);
}

/* Looks the route up anew and returns the MTU that the kernel knows of it, or -1. */
static int look_up(int fd, int family, const struct vpa_probe_out *out) {
  union vpa_socket_address far;
  socklen_t far_length = vpa_socket_address_write(&far, &out->destination, 0, out->link_index);
  if (connect(fd, &far.any, far_length) < 0)
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
  return vpa_send_message(fd, &header);
}

/* A tunnel link takes a packet that is too long for its SA, drops it, and notes the SA's MTU on the
 * route (ip_vti.c, xfrm_interface_core.c: skb_dst_update_pmtu): hence the second look. */
static int send_if_it_fits(int fd, int family, uint16_t identifier, const uint8_t *payload,
                           const struct vpa_probe_out *out, uint32_t *mtu) {
  int size = (family == AF_INET ? 20 : 40) + (int)sizeof(struct vpa_echo) + out->payload_length;
  int known = look_up(fd, family, out);
  if (known < 0)
    return -errno;
  int sent = known < size ? -EMSGSIZE : send_echo(fd, family, identifier, payload, out);
  if (sent < 0 && sent != -EMSGSIZE)
    return sent;
  if (known >= size)
    known = look_up(fd, family, out);
  if (known < 0 || (known >= size && sent == 0))
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
static int tie(int fd, int family, const struct vpa_probe_out *out) {
  union vpa_socket_address near;
  if (vpa_probe_pass_nothing(fd, family) < 0 ||
      vpa_set_option(fd, SOL_SOCKET, SO_BINDTOIFINDEX, out->link_index) < 0)
    return -1;
  if (out->source.family == 0)
    return 0;
  socklen_t length = vpa_socket_address_write(&near, &out->source, 0, out->link_index);
  return bind(fd, &near.any, length);
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

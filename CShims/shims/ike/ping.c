#define _GNU_SOURCE
#include "vpa_ike_ping.h"

#include "../netlink/attribute.h"

#include <endian.h>
#include <errno.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Without a template the policy says: pass in clear (net/xfrm/xfrm_user.c, xfrm_compile_policy).
 * An IKE daemon does the same to its own sockets. */
static int pass(int fd, int family, uint8_t direction) {
  struct xfrm_userpolicy_info policy;
  memset(&policy, 0, sizeof policy);
  policy.sel.family = (uint16_t)family;
  policy.lft.soft_byte_limit = policy.lft.hard_byte_limit = XFRM_INF;
  policy.lft.soft_packet_limit = policy.lft.hard_packet_limit = XFRM_INF;
  policy.dir = direction;
  policy.action = XFRM_POLICY_ALLOW;
  if (family == AF_INET)
    return setsockopt(fd, IPPROTO_IP, IP_XFRM_POLICY, &policy, sizeof policy);
  return setsockopt(fd, IPPROTO_IPV6, IPV6_XFRM_POLICY, &policy, sizeof policy);
}

static int take_port(int fd, int family) {
  struct sockaddr_in v4 = {.sin_family = AF_INET};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
  int on = 1;
  if (family == AF_INET)
    return bind(fd, (struct sockaddr *)&v4, sizeof v4);
  if (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0)
    return -1;
  return bind(fd, (struct sockaddr *)&v6, sizeof v6);
}

int vpa_ike_ping_open(uint8_t ip_family) {
  if (ip_family != 4 && ip_family != 6)
    return -EAFNOSUPPORT;
  int family = ip_family == 4 ? AF_INET : AF_INET6;
  int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0)
    return -errno;
  if (pass(fd, family, XFRM_POLICY_IN) == 0 && pass(fd, family, XFRM_POLICY_OUT) == 0 &&
      take_port(fd, family) == 0)
    return fd;
  int error = -errno;
  close(fd);
  return error;
}

/* What one message points to. */
struct slot {
  union {
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
  } peer;
  _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

static void add_source(struct msghdr *header, int level, int type, const void *info,
                       size_t length) {
  header->msg_controllen = CMSG_SPACE(length);
  struct cmsghdr *control = CMSG_FIRSTHDR(header);
  control->cmsg_level = level;
  control->cmsg_type = type;
  control->cmsg_len = CMSG_LEN(length);
  memcpy(CMSG_DATA(control), info, length);
}

static void address(struct slot *slot, struct msghdr *header, const struct vpa_ip *source,
                    const struct vpa_udp_peer *to) {
  struct in_pktinfo v4 = {0};
  struct in6_pktinfo v6 = {0};
  if (to->address.family == 4) {
    slot->peer.v4.sin_family = AF_INET;
    slot->peer.v4.sin_port = htobe16(to->port);
    vpa_ip_write(&to->address, &slot->peer.v4.sin_addr);
    vpa_ip_write(source, &v4.ipi_spec_dst);
    header->msg_namelen = sizeof slot->peer.v4;
    add_source(header, IPPROTO_IP, IP_PKTINFO, &v4, sizeof v4);
  } else {
    slot->peer.v6.sin6_family = AF_INET6;
    slot->peer.v6.sin6_port = htobe16(to->port);
    vpa_ip_write(&to->address, &slot->peer.v6.sin6_addr);
    vpa_ip_write(source, &v6.ipi6_addr);
    header->msg_namelen = sizeof slot->peer.v6;
    add_source(header, IPPROTO_IPV6, IPV6_PKTINFO, &v6, sizeof v6);
  }
}

int vpa_ike_ping_send(int fd, const struct vpa_ip *source, const struct vpa_udp_peer *to,
                      const uint8_t *bytes, size_t length) {
  struct slot slot;
  struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
  ssize_t sent;
  if (source->family != to->address.family || !vpa_ip_af(source))
    return -EAFNOSUPPORT;
  memset(&slot, 0, sizeof slot);
  header.msg_name = &slot.peer;
  header.msg_control = slot.control;
  address(&slot, &header, source, to);
  do
    sent = sendmsg(fd, &header, MSG_DONTWAIT);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

long vpa_ike_ping_receive(int fd, uint8_t *bytes, size_t size, struct vpa_udp_peer *from) {
  struct slot slot;
  struct iovec space = {.iov_base = bytes, .iov_len = size};
  struct msghdr header = {
      .msg_iov = &space, .msg_iovlen = 1, .msg_name = &slot.peer, .msg_namelen = sizeof slot.peer};
  ssize_t received;
  memset(&slot, 0, sizeof slot);
  do
    received = recvmsg(fd, &header, MSG_DONTWAIT);
  while (received < 0 && errno == EINTR);
  if (received < 0)
    return -errno;
  bool is_v4 = slot.peer.v4.sin_family == AF_INET;
  from->address = is_v4 ? vpa_ip_read(&slot.peer.v4.sin_addr, AF_INET)
                        : vpa_ip_read(&slot.peer.v6.sin6_addr, AF_INET6);
  from->port = be16toh(is_v4 ? slot.peer.v4.sin_port : slot.peer.v6.sin6_port);
  return received;
}

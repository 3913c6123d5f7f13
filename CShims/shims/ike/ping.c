#define _GNU_SOURCE
#include "vpa_ike_ping.h"

#include "../socket/envelope.h"
#include "../socket/options.h"

#include <endian.h>
#include <errno.h>

/* An IKE daemon does the same to its own sockets. */
static int pass(int fd, int family, uint8_t direction) {
  struct xfrm_userpolicy_info policy = vpa_socket_policy(family, direction);
  return vpa_set_policy(fd, family, &policy, sizeof policy);
}

static int take_port(int fd, uint8_t ip_family) {
  const struct vpa_ip any = {.family = ip_family};
  union vpa_socket_address address;
  socklen_t length = vpa_socket_address_write(&address, &any, 0, 0);
  if (ip_family == 6 && vpa_set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1) < 0)
    return -1;
  return bind(fd, &address.any, length);
}

int vpa_ike_ping_open(uint8_t ip_family) {
  if (ip_family != 4 && ip_family != 6)
    return -EAFNOSUPPORT;
  int family = ip_family == 4 ? AF_INET : AF_INET6;
  int fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0)
    return -errno;
  if (pass(fd, family, XFRM_POLICY_IN) == 0 && pass(fd, family, XFRM_POLICY_OUT) == 0 &&
      take_port(fd, ip_family) == 0)
    return fd;
  return vpa_close_failed(fd);
}

int vpa_ike_ping_send(int fd, const struct vpa_ip *source, const struct vpa_udp_peer *to,
                      const uint8_t *bytes, size_t length) {
  struct vpa_envelope envelope;
  struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
  struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
  if (source->family != to->address.family || !vpa_ip_af(source))
    return -EAFNOSUPPORT;
  vpa_envelope_address(&envelope, &header, source, &to->address, to->port, 0);
  return vpa_send_message(fd, &header);
}

long vpa_ike_ping_receive(int fd, uint8_t *bytes, size_t size, struct vpa_udp_peer *from) {
  union vpa_socket_address peer = {0};
  struct iovec space = {.iov_base = bytes, .iov_len = size};
  struct msghdr header = {
      .msg_iov = &space, .msg_iovlen = 1, .msg_name = &peer, .msg_namelen = sizeof peer};
  ssize_t received;
  do
    received = recvmsg(fd, &header, MSG_DONTWAIT);
  while (received < 0 && errno == EINTR);
  if (received < 0)
    return -errno;
  from->address = vpa_socket_address_ip(&peer);
  from->port = be16toh(peer.any.sa_family == AF_INET ? peer.v4.sin_port : peer.v6.sin6_port);
  return received;
}

#define _GNU_SOURCE
#include "options.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int vpa_set_option(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value);
}

int vpa_attach_filter(int fd, const struct sock_filter *code, size_t length) {
  struct sock_fprog program = {.len = (unsigned short)length, .filter = (void *)code};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

struct xfrm_userpolicy_info vpa_socket_policy(int family, uint8_t direction) {
  struct xfrm_userpolicy_info policy;
  memset(&policy, 0, sizeof policy);
  policy.sel.family = (uint16_t)family;
  policy.lft.soft_byte_limit = policy.lft.hard_byte_limit = XFRM_INF;
  policy.lft.soft_packet_limit = policy.lft.hard_packet_limit = XFRM_INF;
  policy.dir = direction;
  policy.action = XFRM_POLICY_ALLOW;
  return policy;
}

int vpa_set_policy(int fd, int family, const void *policy, size_t size) {
  if (family == AF_INET)
    return setsockopt(fd, IPPROTO_IP, IP_XFRM_POLICY, policy, (socklen_t)size);
  return setsockopt(fd, IPPROTO_IPV6, IPV6_XFRM_POLICY, policy, (socklen_t)size);
}

int vpa_close_failed(int fd) {
  int error = -errno;
  close(fd);
  return error;
}

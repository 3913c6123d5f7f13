#include "../socket/options.h"
#include "probe.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

/* linux/icmp.h clashes with netinet/ip_icmp.h; the number is user ABI. */
enum { VPA_ICMP_FILTER = 1 };

static int block_v4(int fd, uint32_t types) {
  return setsockopt(fd, SOL_RAW, VPA_ICMP_FILTER, &types, sizeof types);
}

static int block_v6(int fd, const struct icmp6_filter *types) {
  return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, types, sizeof *types);
}

int vpa_probe_pass(int fd, int family, int type) {
  struct icmp6_filter types;
  if (family == AF_INET)
    return block_v4(fd, ~(1u << type));
  ICMP6_FILTER_SETBLOCKALL(&types);
  ICMP6_FILTER_SETPASS(type, &types);
  return block_v6(fd, &types);
}

int vpa_probe_pass_nothing(int fd, int family) {
  struct icmp6_filter types;
  ICMP6_FILTER_SETBLOCKALL(&types);
  return family == AF_INET ? block_v4(fd, ~0u) : block_v6(fd, &types);
}

/* A raw socket gets a copy of every ICMP packet of the host: the filter keeps ours only. An IPv4
 * socket's packets begin with the IP header. */
static int filter_v4(int fd, uint16_t identifier) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* X = IP header length */
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHOREPLY, 0, 3),
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  return vpa_attach_filter(fd, code, sizeof code / sizeof *code);
}

/* An IPv6 raw socket's packets begin with the ICMPv6 header. */
static int filter_v6(int fd, uint16_t identifier) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP6_ECHO_REPLY, 0, 3),
      BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  if (vpa_probe_pass(fd, AF_INET6, ICMP6_ECHO_REPLY) < 0)
    return -1;
  return vpa_attach_filter(fd, code, sizeof code / sizeof *code);
}

/* Echo requests of anybody; their headers are enough. */
static int filter_requests_v4(int fd) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHO, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 28),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  return vpa_attach_filter(fd, code, sizeof code / sizeof *code);
}

/* What a socket is for: replies with one identifier, everybody's requests, or sending alone. */
enum purpose { REPLIES, REQUESTS, SENDING };

static int filter(int fd, int family, enum purpose purpose, uint16_t identifier) {
  if (purpose == SENDING)
    return vpa_probe_pass_nothing(fd, AF_INET6);
  if (purpose == REQUESTS)
    return family == AF_INET ? filter_requests_v4(fd)
                             : vpa_probe_pass(fd, AF_INET6, ICMP6_ECHO_REQUEST);
  return family == AF_INET ? filter_v4(fd, identifier) : filter_v6(fd, identifier);
}

static int configure(int fd, int family, enum purpose purpose, uint16_t identifier) {
  int buffer = 1 << 20;
  if (vpa_set_option(fd, SOL_SOCKET, SO_RCVBUFFORCE, buffer) < 0)
    (void)vpa_set_option(fd, SOL_SOCKET, SO_RCVBUF, buffer);
  if (vpa_set_option(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) < 0 ||
      filter(fd, family, purpose, identifier) < 0)
    return -1;
  if (family == AF_INET)
    return vpa_set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
  return vpa_set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

static int open_family(int family, enum purpose purpose, uint16_t identifier) {
  int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                  family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
  if (fd < 0)
    return -errno;
  if (configure(fd, family, purpose, identifier) == 0)
    return fd;
  return vpa_close_failed(fd);
}

int vpa_probe_open_v4(uint16_t identifier) { return open_family(AF_INET, REPLIES, identifier); }

int vpa_probe_open_v6(uint16_t identifier) { return open_family(AF_INET6, REPLIES, identifier); }

int vpa_probe_open_sender_v6(void) { return open_family(AF_INET6, SENDING, 0); }

int vpa_requests_watch_v4(void) { return open_family(AF_INET, REQUESTS, 0); }

int vpa_requests_watch_v6(void) { return open_family(AF_INET6, REQUESTS, 0); }

int vpa_probe_family(int fd) {
  int family = AF_UNSPEC;
  socklen_t length = sizeof family;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) < 0 ? AF_UNSPEC : family;
}

#include "../netlink/attribute.h"
#include "probe.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A raw socket gets a copy of every ICMP packet of the host: the filter keeps ours only. */
static int attach(int fd, struct sock_filter *code, unsigned short length) {
  struct sock_fprog program = {.len = length, .filter = code};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

/* An IPv4 raw socket's packets begin with the IP header. */
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
  return attach(fd, code, sizeof code / sizeof *code);
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
  struct icmp6_filter types;
  ICMP6_FILTER_SETBLOCKALL(&types);
  ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &types);
  if (setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &types, sizeof types) < 0)
    return -1;
  return attach(fd, code, sizeof code / sizeof *code);
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
  return attach(fd, code, sizeof code / sizeof *code);
}

static int filter_requests_v6(int fd) {
  struct icmp6_filter types;
  ICMP6_FILTER_SETBLOCKALL(&types);
  ICMP6_FILTER_SETPASS(ICMP6_ECHO_REQUEST, &types);
  return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &types, sizeof types);
}

static int set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value);
}

/* What a socket is for: replies with one identifier, everybody's requests, or sending alone. */
enum purpose { REPLIES, REQUESTS, SENDING };

static int filter_all_v6(int fd) {
  struct icmp6_filter types;
  ICMP6_FILTER_SETBLOCKALL(&types);
  return setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &types, sizeof types);
}

static int filter(int fd, int family, enum purpose purpose, uint16_t identifier) {
  if (purpose == SENDING)
    return filter_all_v6(fd);
  if (purpose == REQUESTS)
    return family == AF_INET ? filter_requests_v4(fd) : filter_requests_v6(fd);
  return family == AF_INET ? filter_v4(fd, identifier) : filter_v6(fd, identifier);
}

static int configure(int fd, int family, enum purpose purpose, uint16_t identifier) {
  int buffer = 1 << 20;
  if (set(fd, SOL_SOCKET, SO_RCVBUFFORCE, buffer) < 0)
    (void)set(fd, SOL_SOCKET, SO_RCVBUF, buffer);
  if (set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1) < 0 || filter(fd, family, purpose, identifier) < 0)
    return -1;
  if (family == AF_INET)
    return set(fd, IPPROTO_IP, IP_PKTINFO, 1);
  return set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
}

static int open_family(int family, enum purpose purpose, uint16_t identifier) {
  int fd = socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                  family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
  if (fd < 0)
    return -errno;
  if (configure(fd, family, purpose, identifier) == 0)
    return fd;
  int error = -errno;
  close(fd);
  return error;
}

int vpa_probe_open_v4(uint16_t identifier) { return open_family(AF_INET, REPLIES, identifier); }

int vpa_probe_open_v6(uint16_t identifier) { return open_family(AF_INET6, REPLIES, identifier); }

int vpa_probe_open_sender_v6(void) { return open_family(AF_INET6, SENDING, 0); }

int vpa_requests_watch_v4(void) { return open_family(AF_INET, REQUESTS, 0); }

int vpa_requests_watch_v6(void) { return open_family(AF_INET6, REQUESTS, 0); }

socklen_t vpa_probe_address(const struct vpa_ip *ip, int32_t link_index,
                            struct sockaddr_storage *out) {
  struct sockaddr_in v4 = {.sin_family = AF_INET};
  struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
  memset(out, 0, sizeof *out);
  if (ip->family == 4) {
    vpa_ip_write(ip, &v4.sin_addr);
    memcpy(out, &v4, sizeof v4);
    return sizeof v4;
  }
  vpa_ip_write(ip, &v6.sin6_addr);
  if (IN6_IS_ADDR_LINKLOCAL(&v6.sin6_addr))
    v6.sin6_scope_id = (uint32_t)link_index;
  memcpy(out, &v6, sizeof v6);
  return sizeof v6;
}

int vpa_probe_family(int fd) {
  int family = AF_UNSPEC;
  socklen_t length = sizeof family;
  return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &length) < 0 ? AF_UNSPEC : family;
}

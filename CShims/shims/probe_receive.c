#include "vpa_probe.h"

#include <netinet/in.h>

#include <errno.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ECHO_HEADER 8
#define LARGEST_IP_HEADER 60
#define RECEIVE_BUFFER (1 << 20)

static int on(int fd, int level, int option) {
  int one = 1;
  return setsockopt(fd, level, option, &one, sizeof(one));
}

/* Passes echo replies with our identifier. An IPv4 raw socket sees the IP header first, an IPv6 one
 * does not; X is the offset of the ICMP header. */
static int attach_filter(int fd, uint8_t family, uint16_t identifier) {
  uint8_t type = family == 4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
  struct sock_filter code[] = {
      family == 4 ? (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0)
                  : (struct sock_filter)BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, type, 0, 3),
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, identifier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = {.len = sizeof(code) / sizeof(code[0]), .filter = code};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

static int configure(int fd, uint8_t family, uint16_t identifier) {
  int buffer = RECEIVE_BUFFER;
  if (attach_filter(fd, family, identifier) < 0 || on(fd, SOL_SOCKET, SO_TIMESTAMPNS) < 0)
    return -errno;
  if (family == 4 && on(fd, IPPROTO_IP, IP_PKTINFO) < 0)
    return -errno;
  if (family == 6 && on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO) < 0)
    return -errno;
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
  return 0;
}

int vpa_probe_open(uint8_t family, uint16_t identifier) {
  int fd = socket(family == 4 ? AF_INET : AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
                  family == 4 ? (int)IPPROTO_ICMP : (int)IPPROTO_ICMPV6);
  if (fd < 0)
    return -errno;
  int result = configure(fd, family, identifier);
  if (result < 0) {
    close(fd);
    return result;
  }
  return fd;
}

static int64_t age_of(const struct timespec *stamp) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  int64_t age = (int64_t)(now.tv_sec - stamp->tv_sec) * 1000000000 + (now.tv_nsec - stamp->tv_nsec);
  return age > 0 ? age : 0; /* the wall clock was set back meanwhile */
}

static void read_control(struct msghdr *message, struct vpa_probe_in *reply) {
  for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof(info));
      reply->link_index = info.ipi_ifindex;
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      memcpy(&info, CMSG_DATA(c), sizeof(info));
      reply->link_index = (int32_t)info.ipi6_ifindex;
    } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec stamp;
      memcpy(&stamp, CMSG_DATA(c), sizeof(stamp));
      reply->age_ns = age_of(&stamp);
    }
  }
}

static struct vpa_ip address_of(const struct sockaddr_storage *from) {
  struct vpa_ip ip = {0};
  if (from->ss_family == AF_INET) {
    ip.family = 4;
    ip.low = ntohl(((const struct sockaddr_in *)from)->sin_addr.s_addr);
    return ip;
  }
  const uint8_t *bytes = ((const struct sockaddr_in6 *)from)->sin6_addr.s6_addr;
  ip.family = 6;
  for (int i = 0; i < 8; i++) {
    ip.high = ip.high << 8 | bytes[i];
    ip.low = ip.low << 8 | bytes[8 + i];
  }
  return ip;
}

/* Copies the payload behind the headers; an impossible packet has payload 0. */
static void read_payload(const uint8_t *packet, size_t length, uint8_t family,
                         struct vpa_probe_in *reply) {
  size_t skip = ECHO_HEADER + (family == 4 && length > 0 ? (size_t)(packet[0] & 15) * 4 : 0);
  size_t payload = length > skip ? length - skip : 0;
  if (payload > VPA_PROBE_PAYLOAD)
    payload = VPA_PROBE_PAYLOAD;
  memcpy(reply->payload, packet + (payload ? skip : 0), payload);
  reply->payload_length = (uint16_t)payload;
}

int vpa_probe_receive(int fd, uint8_t family, struct vpa_probe_in *list, int count) {
  static uint8_t packets[VPA_PROBE_BATCH][LARGEST_IP_HEADER + ECHO_HEADER + VPA_PROBE_PAYLOAD];
  uint8_t controls[VPA_PROBE_BATCH][128] __attribute__((aligned(8)));
  struct sockaddr_storage from[VPA_PROBE_BATCH];
  struct iovec parts[VPA_PROBE_BATCH];
  struct mmsghdr messages[VPA_PROBE_BATCH];
  int most = count < VPA_PROBE_BATCH ? count : VPA_PROBE_BATCH;
  memset(messages, 0, sizeof(messages));
  for (int i = 0; i < most; i++) {
    parts[i] = (struct iovec){packets[i], sizeof(packets[i])};
    messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
                                          .msg_namelen = sizeof(from[i]),
                                          .msg_iov = &parts[i],
                                          .msg_iovlen = 1,
                                          .msg_control = controls[i],
                                          .msg_controllen = sizeof(controls[i])};
  }
  int got;
  do
    got = recvmmsg(fd, messages, (unsigned int)most, 0, NULL);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    return errno == EAGAIN ? 0 : -errno;
  for (int i = 0; i < got; i++) {
    memset(&list[i], 0, offsetof(struct vpa_probe_in, payload));
    list[i].source = address_of(&from[i]);
    read_control(&messages[i].msg_hdr, &list[i]);
    read_payload(packets[i], messages[i].msg_len, family, &list[i]);
  }
  return got;
}

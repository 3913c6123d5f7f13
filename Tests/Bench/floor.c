/*
 * The least that probing costs: echo requests to TUNNELS targets, one each INTERVAL-MS, sent and
 * read at ticks of 10 ms by sendmmsg and recvmmsg through one raw socket, with what the agent's
 * probes have: their size, a source address and a link each, a filter for the replies, and when and
 * by which link each came. What scripts/bench-load measures the agent by. Targets are those of
 * LoopBench. Ends by SIGTERM.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 64, SIZE = 64, TICK_MS = 10, ID = 4711, FIRST_LINK = 1000 };

struct probe {
  unsigned char packet[SIZE];
  struct sockaddr_in to;
  char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
  struct iovec iov;
};

struct reply {
  unsigned char packet[128];
  struct sockaddr_in from;
  char control[CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(struct timespec))];
  struct iovec iov;
};

static volatile sig_atomic_t ended;
static struct probe probes[BATCH];
static struct reply replies[BATCH];
static struct mmsghdr out[BATCH], in[BATCH];
static uint64_t sent, answered, stamped;

static void end(int signal) {
  (void)signal;
  ended = 1;
}

static uint16_t sum(const unsigned char *bytes, int count) {
  uint32_t total = 0;
  for (int i = 0; i < count; i += 2)
    total += bytes[i] << 8 | bytes[i + 1];
  while (total >> 16)
    total = (total & 0xffff) + (total >> 16);
  return htons(~total & 0xffff);
}

static void fill(struct probe *probe, struct mmsghdr *message, uint32_t number) {
  struct icmphdr *icmp = (struct icmphdr *)probe->packet;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  memset(icmp, 0, sizeof *icmp);
  icmp->type = ICMP_ECHO;
  icmp->un.echo.id = htons(ID);
  icmp->un.echo.sequence = htons(sent & 0xffff);
  memcpy(probe->packet + sizeof *icmp, &number, sizeof number);
  memcpy(probe->packet + sizeof *icmp + sizeof number, &now, sizeof now);
  icmp->checksum = sum(probe->packet, SIZE);
  uint32_t net = number / 64, last = 4 * (number % 64) + 2;
  uint32_t target = 10u << 24 | (net >> 8 & 255) << 16 | (net & 255) << 8 | last;
  probe->to = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(target)};
  probe->iov = (struct iovec){probe->packet, SIZE};
  message->msg_hdr = (struct msghdr){.msg_name = &probe->to,
                                     .msg_namelen = sizeof probe->to,
                                     .msg_iov = &probe->iov,
                                     .msg_iovlen = 1,
                                     .msg_control = probe->control,
                                     .msg_controllen = sizeof probe->control};
  struct cmsghdr *control = CMSG_FIRSTHDR(&message->msg_hdr);
  control->cmsg_level = IPPROTO_IP;
  control->cmsg_type = IP_PKTINFO;
  control->cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo));
  struct in_pktinfo info = {.ipi_ifindex = FIRST_LINK + number,
                            .ipi_spec_dst.s_addr = htonl(target - 1)};
  memcpy(CMSG_DATA(control), &info, sizeof info);
}

static void note(struct reply *reply, struct msghdr *header) {
  const struct icmphdr *icmp = (const void *)(reply->packet + sizeof(struct iphdr));
  if (icmp->type == ICMP_ECHOREPLY && icmp->un.echo.id == htons(ID))
    answered++;
  struct cmsghdr *control;
  for (control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control))
    stamped += control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS;
}

static void receive(int descriptor) {
  int count;
  do {
    for (int i = 0; i < BATCH; i++) {
      replies[i].iov = (struct iovec){replies[i].packet, sizeof replies[i].packet};
      in[i].msg_hdr = (struct msghdr){.msg_name = &replies[i].from,
                                      .msg_namelen = sizeof replies[i].from,
                                      .msg_iov = &replies[i].iov,
                                      .msg_iovlen = 1,
                                      .msg_control = replies[i].control,
                                      .msg_controllen = sizeof replies[i].control};
    }
    count = recvmmsg(descriptor, in, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++)
      note(&replies[i], &in[i].msg_hdr);
  } while (count == BATCH);
}

/* One target after the other, and as far apart as those of the agent, whose phases are random. */
static uint32_t scattered(uint64_t turn, uint32_t tunnels) {
  return (uint32_t)(turn * 7919 % tunnels);
}

static void send_due(int descriptor, uint32_t tunnels, double due) {
  static double owed;
  static uint64_t next;
  for (owed += due; owed >= 1;) {
    int count = 0;
    for (; count < BATCH && owed >= 1; count++, owed -= 1)
      fill(&probes[count], &out[count], scattered(next++, tunnels));
    int done = sendmmsg(descriptor, out, count, 0);
    if (done > 0)
      sent += done;
  }
}

static int open_socket(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
      BPF_STMT(BPF_LD | BPF_B | BPF_IND, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ICMP_ECHOREPLY, 0, 3),
      BPF_STMT(BPF_LD | BPF_H | BPF_IND, 4),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ID, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
      BPF_STMT(BPF_RET | BPF_K, 0),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  int on = 1, room = 8 << 20, raw = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMP);
  if (raw < 0 || setsockopt(raw, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0 ||
      setsockopt(raw, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) < 0 ||
      setsockopt(raw, IPPROTO_IP, IP_PKTINFO, &on, sizeof on) < 0)
    return -1;
  setsockopt(raw, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  return raw;
}

int main(int argc, char **argv) {
  if (argc != 3)
    return 64;
  uint32_t tunnels = atoi(argv[1]);
  double each_tick = (double)tunnels * TICK_MS / atoi(argv[2]);
  int raw = open_socket(), timer = timerfd_create(CLOCK_MONOTONIC, 0), poll = epoll_create1(0);
  struct itimerspec every = {{0, TICK_MS * 1000000}, {0, TICK_MS * 1000000}};
  struct epoll_event wanted = {.events = EPOLLIN};
  signal(SIGTERM, end);
  if (raw < 0 || timer < 0 || poll < 0 || timerfd_settime(timer, 0, &every, NULL) < 0 ||
      epoll_ctl(poll, EPOLL_CTL_ADD, timer, &wanted) < 0)
    return 71;
  while (!ended) {
    uint64_t ticks = 0;
    if (epoll_wait(poll, &wanted, 1, -1) < 1 || read(timer, &ticks, sizeof ticks) < 0)
      continue;
    receive(raw);
    send_due(raw, tunnels, each_tick * ticks);
  }
  printf("sent=%llu answered=%llu stamped=%llu\n", (unsigned long long)sent,
         (unsigned long long)answered, (unsigned long long)stamped);
  return 0;
}

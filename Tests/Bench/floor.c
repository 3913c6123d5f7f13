/*
 * The least that probing costs: echo requests to TUNNELS targets, one each INTERVAL-MS, sent and
 * read at ticks of 10 ms by sendmmsg and recvmmsg through one raw socket. What scripts/bench-loop
 * measures the agent by. Targets are those of LoopBench. Ends by SIGTERM.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
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

enum { BATCH = 64, SIZE = 44, TICK_MS = 10 };

struct probe {
  unsigned char packet[SIZE];
  struct sockaddr_in to;
  char control[CMSG_SPACE(sizeof(struct in_pktinfo))];
  struct iovec iov;
};

static volatile sig_atomic_t ended;
static struct probe probes[BATCH];
static struct mmsghdr out[BATCH], in[BATCH];
static unsigned char buffers[BATCH][128];
static struct iovec vectors[BATCH];
static uint64_t sent, answered;

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
  icmp->un.echo.id = htons(4711);
  icmp->un.echo.sequence = htons(sent & 0xffff);
  memcpy(probe->packet + sizeof *icmp, &number, sizeof number);
  memcpy(probe->packet + sizeof *icmp + sizeof number, &now, sizeof now);
  icmp->checksum = sum(probe->packet, SIZE);
  uint32_t net = number / 64, last = 4 * (number % 64) + 2;
  probe->to = (struct sockaddr_in){
      .sin_family = AF_INET,
      .sin_addr.s_addr = htonl(10u << 24 | (net >> 8 & 255) << 16 | (net & 255) << 8 | last)};
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
  struct in_pktinfo info = {.ipi_ifindex = 1000 + number};
  memcpy(CMSG_DATA(control), &info, sizeof info);
}

static void receive(int descriptor) {
  int count;
  do {
    for (int i = 0; i < BATCH; i++) {
      vectors[i] = (struct iovec){buffers[i], sizeof buffers[i]};
      in[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
    }
    count = recvmmsg(descriptor, in, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < count; i++) {
      const struct icmphdr *icmp = (const void *)(buffers[i] + sizeof(struct iphdr));
      if (icmp->type == ICMP_ECHOREPLY && icmp->un.echo.id == htons(4711))
        answered++;
    }
  } while (count == BATCH);
}

static void send_due(int descriptor, uint32_t tunnels, double due) {
  static double owed;
  static uint32_t next;
  for (owed += due; owed >= 1;) {
    int count = 0;
    for (; count < BATCH && owed >= 1; count++, owed -= 1) {
      fill(&probes[count], &out[count], next);
      next = (next + 1) % tunnels;
    }
    int done = sendmmsg(descriptor, out, count, 0);
    if (done > 0)
      sent += done;
  }
}

int main(int argc, char **argv) {
  if (argc != 3)
    return 64;
  uint32_t tunnels = atoi(argv[1]);
  double each_tick = (double)tunnels * TICK_MS / atoi(argv[2]);
  int raw = socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMP);
  int timer = timerfd_create(CLOCK_MONOTONIC, 0), poll = epoll_create1(0), room = 8 << 20;
  struct itimerspec every = {{0, TICK_MS * 1000000}, {0, TICK_MS * 1000000}};
  struct epoll_event wanted = {.events = EPOLLIN};
  signal(SIGTERM, end);
  if (raw < 0 || timer < 0 || poll < 0 || timerfd_settime(timer, 0, &every, NULL) < 0 ||
      epoll_ctl(poll, EPOLL_CTL_ADD, timer, &wanted) < 0)
    return 71;
  setsockopt(raw, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  while (!ended) {
    uint64_t ticks = 0;
    if (epoll_wait(poll, &wanted, 1, -1) < 1 || read(timer, &ticks, sizeof ticks) < 0)
      continue;
    receive(raw);
    send_due(raw, tunnels, each_tick * ticks);
  }
  printf("sent=%llu answered=%llu\n", (unsigned long long)sent, (unsigned long long)answered);
  return 0;
}

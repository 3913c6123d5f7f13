#include "vpa_poll.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

int vpa_poll_open(void) {
  int fd = epoll_create1(EPOLL_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int vpa_poll_watch(int poll_fd, int fd, bool for_writing) {
  struct epoll_event event = {.events = for_writing ? EPOLLOUT : EPOLLIN, .data.fd = fd};
  if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event) == 0)
    return 0;
  if (errno == EEXIST && epoll_ctl(poll_fd, EPOLL_CTL_MOD, fd, &event) == 0)
    return 0;
  return -errno;
}

int vpa_poll_wait(int poll_fd, int32_t *ready, int capacity, int64_t timeout_ns) {
  struct epoll_event events[64];
  struct timespec timeout = {.tv_sec = timeout_ns / 1000000000, .tv_nsec = timeout_ns % 1000000000};
  int most = capacity < 64 ? capacity : 64;
  int count = epoll_pwait2(poll_fd, events, most, timeout_ns < 0 ? NULL : &timeout, NULL);
  if (count < 0)
    return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++)
    ready[i] = events[i].data.fd;
  return count;
}

int vpa_signals_open(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGHUP);
  if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
    return -errno;
  int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int vpa_signals_next(int fd) {
  struct signalfd_siginfo info;
  ssize_t got;
  do
    got = read(fd, &info, sizeof(info));
  while (got < 0 && errno == EINTR);
  if (got < 0)
    return errno == EAGAIN ? 0 : -errno;
  return (int)info.ssi_signo;
}

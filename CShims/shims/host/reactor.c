#define _GNU_SOURCE
#include "vpa_reactor.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

enum { READY_AT_ONCE = 64 };

int vpa_epoll_open(void) {
  int fd = epoll_create1(EPOLL_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int vpa_epoll_watch(int epoll, int fd, uint64_t tag, bool readable, bool writable) {
  struct epoll_event event = {
      .events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u),
      .data = {.u64 = tag},
  };
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0)
    return 0;
  if (errno == EEXIST && epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0)
    return 0;
  return -errno;
}

int vpa_epoll_forget(int epoll, int fd) {
  return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL) < 0 ? -errno : 0;
}

/* epoll_pwait2 needs kernel 5.11; before it, time is rounded up to milliseconds. */
static int wait_ns(int epoll, struct epoll_event *events, int count, int64_t ns) {
  struct timespec limit = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
  int result = epoll_pwait2(epoll, events, count, ns < 0 ? NULL : &limit, NULL);
  if (result >= 0 || errno != ENOSYS)
    return result;
  int64_t ms = ns / 1000000 + (ns % 1000000 != 0);
  return epoll_wait(epoll, events, count, ns < 0 ? -1 : ms > INT32_MAX ? INT32_MAX : (int)ms);
}

int vpa_epoll_wait(int epoll, struct vpa_ready *list, int count, int64_t timeout_ns) {
  struct epoll_event events[READY_AT_ONCE];
  if (count > READY_AT_ONCE)
    count = READY_AT_ONCE;
  int ready = wait_ns(epoll, events, count, timeout_ns);
  if (ready < 0)
    return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < ready; i++) {
    list[i].tag = events[i].data.u64;
    list[i].readable = events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR | EPOLLRDHUP);
    list[i].writable = events[i].events & EPOLLOUT;
  }
  return ready;
}

int vpa_signals_open(const int *signals, size_t count) {
  sigset_t set;
  sigemptyset(&set);
  for (size_t i = 0; i < count; i++)
    if (sigaddset(&set, signals[i]) < 0)
      return -errno;
  int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (error != 0)
    return -error;
  int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int vpa_signals_next(int fd) {
  struct signalfd_siginfo info;
  ssize_t count;
  do
    count = read(fd, &info, sizeof info);
  while (count < 0 && errno == EINTR);
  if (count < 0)
    return errno == EAGAIN ? 0 : -errno;
  return count == sizeof info ? (int)info.ssi_signo : -EIO;
}

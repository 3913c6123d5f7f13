#define _GNU_SOURCE
#include "vpa_service.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

int vpa_service_notify(const char *state) { return sd_notify(0, state); }

int64_t vpa_service_watchdog_ns(void) {
  uint64_t microseconds = 0;
  int wanted = sd_watchdog_enabled(0, &microseconds);
  if (wanted <= 0)
    return wanted;
  return microseconds < INT64_MAX / 1000 ? (int64_t)microseconds * 1000 : INT64_MAX;
}

bool vpa_stderr_is_journal(void) {
  const char *stream = getenv("JOURNAL_STREAM");
  unsigned long long device, inode;
  struct stat status;
  return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
         fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

int vpa_datagram_send(const char *path, const uint8_t *bytes, size_t length) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path)
    return -ENAMETOOLONG;
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  ssize_t sent =
      sendto(fd, bytes, length, MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof address);
  int error = sent < 0 ? -errno : 0;
  close(fd);
  return error;
}

int vpa_open_again(int fd) {
  char path[32];
  struct stat status;
  if (fstat(fd, &status) < 0 || !(S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)))
    return -ENOTSUP;
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  int own = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  return own < 0 ? -errno : own;
}

int64_t vpa_write_now(int fd, const uint8_t *bytes, size_t length) {
  struct pollfd can = {.fd = fd, .events = POLLOUT};
  ssize_t sent = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0 && errno == ENOTSOCK) {
    if (poll(&can, 1, 0) < 0)
      return errno == EINTR ? -EAGAIN : -errno;
    if (can.revents & (POLLERR | POLLNVAL))
      return -EPIPE;
    if (!(can.revents & POLLOUT))
      return -EAGAIN;
    /* A pipe that can be written has room for this much. */
    sent = write(fd, bytes, length > PIPE_BUF ? PIPE_BUF : length);
  }
  if (sent < 0)
    return errno == EINTR ? -EAGAIN : -errno;
  return sent;
}

void vpa_ignore_broken_pipes(void) { signal(SIGPIPE, SIG_IGN); }

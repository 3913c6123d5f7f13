#define _GNU_SOURCE
#include "vpa_io.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

int64_t vpa_monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int vpa_random(uint8_t *buffer, size_t length) {
  while (length > 0) {
    ssize_t got = getrandom(buffer, length, 0);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return -errno;
    buffer += got;
    length -= (size_t)got;
  }
  return 0;
}

int vpa_enter_network(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  int result = setns(fd, CLONE_NEWNET) < 0 ? -errno : 0;
  close(fd);
  return result;
}

int64_t vpa_read(int fd, uint8_t *buffer, size_t capacity) {
  ssize_t got;
  do
    got = read(fd, buffer, capacity);
  while (got < 0 && errno == EINTR);
  return got < 0 ? -errno : got;
}

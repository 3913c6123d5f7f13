#define _GNU_SOURCE
#include "vpa_io.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
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

int vpa_make_directory(const char *path) {
  if (mkdir(path, 0755) == 0 || errno == EEXIST)
    return 0;
  return -errno;
}

int vpa_lock_file(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return -errno;
  if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

/* Anybody may bind such a name first: only who could be an agent counts. */
static bool is_held_by_agent(const struct sockaddr_un *address, socklen_t length) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct ucred holder = {.uid = (uid_t)-1};
  socklen_t size = sizeof(holder);
  bool held = fd >= 0 && connect(fd, (const struct sockaddr *)address, length) == 0 &&
              getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &holder, &size) == 0 &&
              (holder.uid == 0 || holder.uid == geteuid());
  if (fd >= 0)
    close(fd);
  return held;
}

int vpa_lock_name(const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t length = strlen(name);
  if (length >= sizeof(address.sun_path))
    return -ENAMETOOLONG;
  memcpy(address.sun_path + 1, name, length); /* the first byte stays 0: no file system */
  socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  if (bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 1) == 0)
    return fd;
  int error = errno;
  close(fd);
  return error == EADDRINUSE && is_held_by_agent(&address, size) ? -EWOULDBLOCK : -error;
}

bool vpa_is_file_at(int fd, const char *path) {
  struct stat mine, found;
  return fd >= 0 && fstat(fd, &mine) == 0 && stat(path, &found) == 0 &&
         mine.st_dev == found.st_dev && mine.st_ino == found.st_ino;
}

uint64_t vpa_socket_inode(const char *path) {
  struct stat found;
  return lstat(path, &found) == 0 && S_ISSOCK(found.st_mode) ? (uint64_t)found.st_ino : 0;
}

static int write_all(int fd, const uint8_t *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return -errno;
    bytes += written;
    length -= (size_t)written;
  }
  return fsync(fd) < 0 ? -errno : 0;
}

static int sync_directory_of(const char *path) {
  char copy[PATH_MAX];
  snprintf(copy, sizeof(copy), "%s", path);
  int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  int result = fsync(fd) < 0 ? -errno : 0;
  close(fd);
  return result;
}

int vpa_replace_file(const char *path, const uint8_t *bytes, size_t length, unsigned mode) {
  char draft[PATH_MAX];
  if (snprintf(draft, sizeof(draft), "%s.new", path) >= (int)sizeof(draft))
    return -ENAMETOOLONG;
  int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0)
    return -errno;
  int result = write_all(fd, bytes, length);
  close(fd);
  if (result == 0 && rename(draft, path) < 0)
    result = -errno;
  if (result < 0) {
    unlink(draft);
    return result;
  }
  return sync_directory_of(path);
}

int64_t vpa_read_file(const char *path, uint8_t *buffer, size_t capacity) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  size_t length = 0;
  int64_t result = 1;
  while (result > 0 && length < capacity) {
    result = vpa_read(fd, buffer + length, capacity - length);
    if (result > 0)
      length += (size_t)result;
  }
  uint8_t one;
  if (result > 0 && vpa_read(fd, &one, 1) > 0)
    result = -EFBIG;
  close(fd);
  return result < 0 ? result : (int64_t)length;
}

static int unix_address(const char *path, struct sockaddr_un *address) {
  memset(address, 0, sizeof(*address));
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof(address->sun_path))
    return -ENAMETOOLONG;
  strcpy(address->sun_path, path);
  return 0;
}

/* What is no socket stays: binding fails then. */
static void unlink_socket(const char *path) {
  struct stat found;
  if (lstat(path, &found) == 0 && S_ISSOCK(found.st_mode))
    unlink(path);
}

int vpa_unix_listen(const char *path, unsigned mode) {
  struct sockaddr_un address;
  int result = unix_address(path, &address);
  if (result < 0)
    return result;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  unlink_socket(path);
  if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || chmod(path, mode) < 0 ||
      listen(fd, 16) < 0) {
    result = -errno;
    close(fd);
    return result;
  }
  return fd;
}

int vpa_unix_connect(const char *path, int timeout_ms) {
  struct sockaddr_un address;
  int result = unix_address(path, &address);
  if (result < 0)
    return result;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
    result = -errno;
    close(fd);
    return result;
  }
  return fd;
}

int vpa_unix_connect_now(const char *path) {
  struct sockaddr_un address;
  int result = unix_address(path, &address);
  if (result < 0)
    return result;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
    result = -errno;
    close(fd);
    return result;
  }
  return fd;
}

int vpa_accept(int fd) {
  int accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return accepted < 0 ? -errno : accepted;
}

int64_t vpa_read(int fd, uint8_t *buffer, size_t capacity) {
  ssize_t got;
  do
    got = read(fd, buffer, capacity);
  while (got < 0 && errno == EINTR);
  return got < 0 ? -errno : got;
}

int64_t vpa_send(int fd, const uint8_t *bytes, size_t length) {
  ssize_t sent;
  do
    sent = send(fd, bytes, length, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

#define _GNU_SOURCE
#include "../socket/options.h"
#include "vpa_io.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int open_stream(int flags) {
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  return fd < 0 ? -errno : fd;
}

/* Anybody may bind such a name first: only who could be an agent counts. */
static bool is_held_by_agent(const struct sockaddr_un *address, socklen_t length) {
  int fd = open_stream(SOCK_NONBLOCK);
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
  int fd = open_stream(SOCK_NONBLOCK);
  if (fd < 0)
    return fd;
  if (bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, 1) == 0)
    return fd;
  int error = vpa_close_failed(fd);
  return error == -EADDRINUSE && is_held_by_agent(&address, size) ? -EWOULDBLOCK : error;
}

/* Opens a stream socket for a path, of which it sets the address; returns the fd, or -errno. */
static int open_for(const char *path, int flags, struct sockaddr_un *address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path)
    return -ENAMETOOLONG;
  strcpy(address->sun_path, path);
  return open_stream(flags);
}

/* What is no socket stays: binding fails then. */
static void unlink_socket(const char *path) {
  struct stat found;
  if (lstat(path, &found) == 0 && S_ISSOCK(found.st_mode))
    unlink(path);
}

int vpa_unix_listen(const char *path, unsigned mode) {
  struct sockaddr_un address;
  int fd = open_for(path, SOCK_NONBLOCK, &address);
  if (fd < 0)
    return fd;
  unlink_socket(path);
  /* chmod would follow what somebody put there meanwhile. */
  mode_t mask = umask(0777 & ~(mode_t)mode);
  int bound = bind(fd, (struct sockaddr *)&address, sizeof address);
  umask(mask);
  if (bound < 0 || listen(fd, 16) < 0)
    return vpa_close_failed(fd);
  return fd;
}

static int connect_to(int fd, const struct sockaddr_un *address) {
  if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0)
    return vpa_close_failed(fd);
  return fd;
}

int vpa_unix_connect(const char *path, int timeout_ms) {
  struct sockaddr_un address;
  struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000};
  int fd = open_for(path, 0, &address);
  if (fd < 0)
    return fd;
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  return connect_to(fd, &address);
}

int vpa_unix_connect_now(const char *path) {
  struct sockaddr_un address;
  int fd = open_for(path, SOCK_NONBLOCK, &address);
  return fd < 0 ? fd : connect_to(fd, &address);
}

int vpa_accept(int fd) {
  int accepted = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  return accepted < 0 ? -errno : accepted;
}

int64_t vpa_send(int fd, const uint8_t *bytes, size_t length) {
  ssize_t sent;
  do
    sent = send(fd, bytes, length, MSG_NOSIGNAL);
  while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

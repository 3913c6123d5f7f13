#define _GNU_SOURCE
#include "../socket/options.h"
#include "vpa_io.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int vpa_make_directory(const char *path) {
  if (mkdir(path, 0755) == 0 || errno == EEXIST)
    return 0;
  return -errno;
}

int vpa_lock_file(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return -errno;
  return flock(fd, LOCK_EX | LOCK_NB) < 0 ? vpa_close_failed(fd) : fd;
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

/* A file of our own: what somebody put there, a link too, is removed and not followed. */
static int create(const char *path, unsigned mode) {
  const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  int fd = open(path, flags, mode);
  if (fd < 0 && errno == EEXIST && unlink(path) == 0)
    fd = open(path, flags, mode);
  return fd;
}

int vpa_replace_file(const char *path, const uint8_t *bytes, size_t length, unsigned mode) {
  char draft[PATH_MAX];
  if (snprintf(draft, sizeof(draft), "%s.new", path) >= (int)sizeof(draft))
    return -ENAMETOOLONG;
  int fd = create(draft, mode);
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

int vpa_append_file(const char *path, const uint8_t *bytes, size_t length) {
  int fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  struct stat before;
  if (fstat(fd, &before) < 0)
    return vpa_close_failed(fd);
  int result = write_all(fd, bytes, length);
  if (result < 0 && ftruncate(fd, before.st_size) < 0)
    result = -errno;
  close(fd);
  return result;
}

int64_t vpa_file_size(const char *path) {
  struct stat found;
  return stat(path, &found) < 0 ? -errno : (int64_t)found.st_size;
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

#define _GNU_SOURCE
#include "vpa_inspect.h"

#include "vpa_io.h"
#include "vpa_process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

int64_t vpa_list_directory(const char *path, uint8_t *buffer, size_t capacity) {
  DIR *directory = opendir(path);
  if (!directory)
    return -errno;
  size_t length = 0;
  int64_t result = 0;
  for (struct dirent *entry; result == 0 && (entry = readdir(directory));) {
    size_t size = strlen(entry->d_name) + 1;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
      continue;
    if (size > capacity - length) {
      result = -EFBIG;
    } else {
      memcpy(buffer + length, entry->d_name, size);
      length += size;
    }
  }
  closedir(directory);
  return result < 0 ? result : (int64_t)length;
}

int64_t vpa_read_link(const char *path, uint8_t *buffer, size_t capacity) {
  ssize_t length = readlink(path, (char *)buffer, capacity);
  return length < 0 ? -errno : length;
}

int64_t vpa_file_time(const char *path) {
  struct stat status;
  return stat(path, &status) < 0 ? -errno : (int64_t)status.st_mtim.tv_sec;
}

int vpa_may_execute(const char *path) {
  struct stat status;
  if (stat(path, &status) < 0)
    return -errno;
  if (S_ISDIR(status.st_mode))
    return -EISDIR;
  return access(path, X_OK) < 0 ? -errno : 0;
}

int vpa_clock_is_free(void) {
  struct timex clock = {.modes = 0};
  int state = adjtimex(&clock);
  if (state < 0)
    return -errno;
  return state == TIME_ERROR || (clock.status & STA_UNSYNC);
}

int64_t vpa_wall_seconds(void) { return time(NULL); }

/* Reads up to the end, as long as there is time. Returns the bytes read, or -errno. */
static int64_t read_all(int fd, uint8_t *buffer, size_t capacity, int64_t deadline) {
  size_t length = 0;
  for (;;) {
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    int64_t left = (deadline - vpa_monotonic_ns()) / 1000000;
    int found = left > 0 ? poll(&ready, 1, (int)left) : 0;
    if (found < 0 && errno == EINTR)
      continue;
    if (found <= 0)
      return found < 0 ? -errno : -ETIMEDOUT;
    if (length == capacity)
      return -EFBIG;
    int64_t got = vpa_read(fd, buffer + length, capacity - length);
    if (got <= 0)
      return got < 0 ? got : (int64_t)length;
    length += (size_t)got;
  }
}

/* Waits for the end of a process. Returns 0 when it exited with status 0, or -errno. */
static int await(int pidfd, int32_t pid, int64_t deadline) {
  struct pollfd ready = {.fd = pidfd, .events = POLLIN};
  int64_t left = (deadline - vpa_monotonic_ns()) / 1000000;
  if (poll(&ready, 1, left > 0 ? (int)left : 0) != 1) {
    vpa_process_kill(pid);
    poll(&ready, 1, -1);
  }
  struct vpa_end end = {0};
  int result = vpa_process_collect(pid, &end);
  if (result < 0)
    return result;
  return end.status == 0 ? 0 : -EIO;
}

int64_t vpa_run_and_read(const uint8_t *words, size_t length, uint8_t *buffer, size_t capacity,
                         int timeout_ms) {
  int64_t deadline = vpa_monotonic_ns() + (int64_t)timeout_ms * 1000000;
  int ends[2];
  int32_t pid = 0;
  if (pipe2(ends, O_CLOEXEC) < 0)
    return -errno;
  int pidfd = vpa_process_start(words, length, NULL, 0, ends[1], &pid);
  close(ends[1]);
  if (pidfd < 0) {
    close(ends[0]);
    return pidfd;
  }
  int64_t result = read_all(ends[0], buffer, capacity, deadline);
  close(ends[0]);
  if (result < 0)
    vpa_process_kill(pid);
  int ended = await(pidfd, pid, deadline);
  close(pidfd);
  return result < 0 ? result : ended < 0 ? ended : result;
}

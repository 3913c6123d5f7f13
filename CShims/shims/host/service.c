#define _GNU_SOURCE
#include "vpa_service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

enum { MOST_FIELDS = 32, LONGEST_LINE = 2048, FACILITY_DAEMON = 3 };

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

int vpa_journal_send(const char *fields) {
  struct iovec list[MOST_FIELDS];
  int count = 0;
  while (*fields && count < MOST_FIELDS) {
    size_t length = strcspn(fields, "\n");
    list[count++] = (struct iovec){.iov_base = (void *)fields, .iov_len = length};
    fields += length + (fields[length] == '\n');
  }
  return sd_journal_sendv(list, count);
}

int vpa_syslog_send(int priority, const char *tag, const char *line) {
  char message[LONGEST_LINE];
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -errno;
  int length = snprintf(message, sizeof message, "<%d>%s[%d]: %s", FACILITY_DAEMON << 3 | priority,
                        tag, (int)getpid(), line);
  if (length >= (int)sizeof message)
    length = sizeof message - 1;
  ssize_t sent =
      sendto(fd, message, (size_t)length, 0, (struct sockaddr *)&address, sizeof address);
  int error = sent < 0 ? -errno : 0;
  close(fd);
  return error;
}

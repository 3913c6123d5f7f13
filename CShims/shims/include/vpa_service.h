/* The service manager, the journal and syslog, for a daemon that runs under systemd or without. */
#ifndef VPA_SERVICE_H
#define VPA_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Tells the service manager (sd_notify(3)): lines such as "READY=1". Returns 1 when it was told, 0
 * when there is none, or -errno. */
int vpa_service_notify(const char *state);

/* Returns within how many nanoseconds the service manager wants to hear from this process
 * (sd_watchdog_enabled(3)), 0 when it does not, or -errno. */
int64_t vpa_service_watchdog_ns(void);

/* Whether standard error goes to the journal: JOURNAL_STREAM names its device and inode
 * (systemd.exec(5)). */
bool vpa_stderr_is_journal(void);

/* Sends one datagram to the Unix socket at path; never waits. Returns 0, or -errno: -ENOENT when
 * there is none, -EAGAIN when who owns it does not read. */
int vpa_datagram_send(const char *path, const uint8_t *bytes, size_t length);

/* Opens a pipe or a terminal again for writing, non-blocking: the flag stays off for other programs
 * that have it. Returns the fd, or -errno: -ENOTSUP for anything else. */
int vpa_open_again(int fd);

/* Writes what fd takes without waiting. Returns the bytes written, or -errno: -EAGAIN when it takes
 * none, -EPIPE when nobody reads any more. */
int64_t vpa_write_now(int fd, const uint8_t *bytes, size_t length);

/* A pipe that nobody reads any more is an error (EPIPE), not the end of the process. */
void vpa_ignore_broken_pipes(void);

#endif

/* The one epoll instance, and signals as a descriptor. */
#ifndef VPA_POLL_H
#define VPA_POLL_H

#include <stdbool.h>
#include <stdint.h>

/* Makes an epoll instance. Returns its fd, or -errno. */
int vpa_poll_open(void);

/* Watches fd for reading, or for writing (level-triggered); watching it again changes what for.
 * Returns 0, or -errno. */
int vpa_poll_watch(int poll_fd, int fd, bool for_writing);

/* Waits until a watched descriptor is ready or timeout_ns have passed (negative: for ever). Fills
 * ready with descriptors. Returns how many, 0 also when a signal came first, or -errno. */
int vpa_poll_wait(int poll_fd, int32_t *ready, int capacity, int64_t timeout_ns);

/* Blocks SIGTERM, SIGINT and SIGHUP in this process and gives them as a descriptor. Returns the fd
 * (non-blocking), or -errno. */
int vpa_signals_open(void);

/* Returns the next waiting signal's number, 0 when none waits, or -errno. */
int vpa_signals_next(int fd);

#endif

/* What the Glibc module lacks of epoll and signalfd. */
#ifndef VPA_REACTOR_H
#define VPA_REACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A descriptor that is ready. */
struct vpa_ready {
  uint64_t tag;
  bool readable; /* also at end of file, hang-up and error: reading tells which */
  bool writable;
};

/* Returns a new epoll descriptor (close-on-exec), or -errno. */
int vpa_epoll_open(void);

/* Adds a descriptor or changes what is waited for (level-triggered); returns 0 or -errno. */
int vpa_epoll_watch(int epoll, int fd, uint64_t tag, bool readable, bool writable);

/* Removes a descriptor; returns 0 or -errno. */
int vpa_epoll_forget(int epoll, int fd);

/* Waits at most `timeout_ns` nanoseconds (negative: for ever); returns how many of `list` (at most
 * 64) are filled, 0 at the time-out or after a signal, or -errno. */
int vpa_epoll_wait(int epoll, struct vpa_ready *list, int count, int64_t timeout_ns);

/* Blocks these signals in the calling thread and returns a descriptor (non-blocking, close-on-exec)
 * that reports them, or -errno. */
int vpa_signals_open(const int *signals, size_t count);

/* Returns the number of the next signal, 0 when there is none, or -errno. */
int vpa_signals_next(int fd);

#endif

/* The terminal of a command that draws on it, and local time. */
#ifndef VPA_TERMINAL_H
#define VPA_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vpa_terminal_size {
  uint16_t rows;
  uint16_t columns;
};

/* struct termios, opaque. */
struct vpa_terminal_mode {
  uint32_t words[16];
};

/* A descriptor that is waited for. */
struct vpa_waited {
  int32_t fd;
  bool ready; /* readable, ended or broken: reading tells which */
};

/* Reads a terminal's size. Returns 0, or -errno. */
int vpa_terminal_read_size(int fd, struct vpa_terminal_size *size);

/* Has a terminal give keys one by one and echo none; saves how it was. Returns 0, or -errno. */
int vpa_terminal_enter(int fd, struct vpa_terminal_mode *saved);

/* Makes it as it was saved. Returns 0, or -errno. */
int vpa_terminal_restore(int fd, const struct vpa_terminal_mode *saved);

/* Waits until one of `count` (at most 8) descriptors is ready, `timeout_ms` at most. Returns how
 * many are, or -errno. */
int vpa_wait(struct vpa_waited *list, size_t count, int timeout_ms);

/* Writes a time (seconds since 1970) as `Sat Feb 14 2026 20:53:59 -0800` in the local time zone.
 * Returns the length, 0 when it does not fit. */
size_t vpa_local_time(int64_t seconds, char *text, size_t capacity);

#endif

/* Looking at the host: directories, links of /proc, the clock, what other programs print. Nothing
 * is changed. */
#ifndef VPA_INSPECT_H
#define VPA_INSPECT_H

#include <stddef.h>
#include <stdint.h>

/* Writes the names in a directory, each with a NUL behind it, without `.` and `..`. Returns the
 * bytes written, or -errno (-EFBIG when they do not fit). */
int64_t vpa_list_directory(const char *path, uint8_t *buffer, size_t capacity);

/* Writes what a symbolic link says, without a NUL. Returns its bytes, or -errno. */
int64_t vpa_read_link(const char *path, uint8_t *buffer, size_t capacity);

/* Returns when a file was last written, in seconds since 1970, or -errno. */
int64_t vpa_file_time(const char *path);

/* Returns 0 when this process may execute a file, or -errno. */
int vpa_may_execute(const char *path);

/* Returns 1 when the kernel's clock is not synchronised, 0 when it is, or -errno. */
int vpa_clock_is_free(void);

/* Returns the seconds since 1970 by the wall clock. */
int64_t vpa_wall_seconds(void);

/* Runs a program, `words` as in vpa_process_start, and writes what it prints. Waits at most
 * timeout_ms, then kills it. Returns the bytes written, or -errno: -ETIMEDOUT, -EFBIG, -EIO when it
 * did not exit with status 0. */
int64_t vpa_run_and_read(const uint8_t *words, size_t length, uint8_t *buffer, size_t capacity,
                         int timeout_ms);

#endif

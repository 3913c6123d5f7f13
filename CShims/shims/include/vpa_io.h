/* Files, clocks and Unix sockets: what Swift can only reach by unsafe pointers. */
#ifndef VPA_IO_H
#define VPA_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns CLOCK_MONOTONIC in nanoseconds. */
int64_t vpa_monotonic_ns(void);

/* Returns how many words the command line has, the program's name among them; 0: not known. */
int vpa_argument_count(void);
/* Returns one of them, or NULL beyond the last. Neither reads /proc. */
const char *vpa_argument(int index);

/* Fills buffer with random bytes. Returns 0, or -errno. */
int vpa_random(uint8_t *buffer, size_t length);

/* Moves the calling thread into the network namespace of a file such as /run/netns/NAME. Returns 0,
 * or -errno. */
int vpa_enter_network(const char *path);

/* Makes a directory (0755) unless it is there. Returns 0, or -errno. */
int vpa_make_directory(const char *path);

/* Binds an abstract Unix socket of this name, which nobody else in this network namespace can have
 * as long as the descriptor is open. Returns it, -EWOULDBLOCK when a process of the same user or of
 * root has it, or another -errno. */
int vpa_lock_name(const char *name);

/* Whether this open file is still the one at `path`. */
bool vpa_is_file_at(int fd, const char *path);

/* Returns the inode of the socket at `path`; 0 when there is none. */
uint64_t vpa_socket_inode(const char *path);

/* Opens (0600) and locks a file for as long as the fd is open. Returns the fd, or -errno:
 * -EWOULDBLOCK when another process holds the lock. */
int vpa_lock_file(const char *path);

/* Replaces a file's content: written to path.new, synced, renamed over path, directory synced.
 * A new file has this mode, less the umask. Returns 0, or -errno; after an error path still has its
 * old content. */
int vpa_replace_file(const char *path, const uint8_t *bytes, size_t length, unsigned mode);

/* Adds bytes to the end of a file that is there, and syncs. Returns 0, or -errno; after an error
 * the file is as long as it was, if that can be had. */
int vpa_append_file(const char *path, const uint8_t *bytes, size_t length);

/* Returns the size of a file in bytes, or -errno. */
int64_t vpa_file_size(const char *path);

/* Reads a file of at most capacity bytes. Returns the bytes read, or -errno (-EFBIG when it is
 * longer). */
int64_t vpa_read_file(const char *path, uint8_t *buffer, size_t capacity);

/* Listens on a Unix stream socket with this mode, in the place of one that is at path. Returns the
 * fd (non-blocking), or -errno: -EADDRINUSE when something else is there. */
int vpa_unix_listen(const char *path, unsigned mode);

/* Connects to a Unix stream socket; sends and receives give up after timeout_ms. Returns the fd
 * (blocking), or -errno. */
int vpa_unix_connect(const char *path, int timeout_ms);

/* Connects to a Unix stream socket without waiting. Returns the fd (non-blocking), or -errno:
 * -EAGAIN when the listener's queue is full. */
int vpa_unix_connect_now(const char *path);

/* Accepts a connection. Returns the fd (non-blocking), or -errno. */
int vpa_accept(int fd);

/* Reads at most capacity bytes. Returns the bytes read (0: end), or -errno. */
int64_t vpa_read(int fd, uint8_t *buffer, size_t capacity);

/* Writes without raising SIGPIPE. Returns the bytes written, or -errno. */
int64_t vpa_send(int fd, const uint8_t *bytes, size_t length);

#endif

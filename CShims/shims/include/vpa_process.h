/* Child processes, and limits of our own. */
#ifndef VPA_PROCESS_H
#define VPA_PROCESS_H

#include <stddef.h>
#include <stdint.h>

/* How a process ended: exactly one of the two is meant. */
struct vpa_end {
  int32_t status; /* of exit(); -1 when a signal ended it */
  int32_t signal; /* 0 when it exited */
};

/* Starts a program in a process group of its own, standard input empty, all signals at their
 * defaults, no other descriptors of ours. `words` are the program and its arguments, `variables`
 * its environment beside ours (NAME=value, before those of ours), each with a NUL behind it; the
 * program is looked up in PATH. Standard output goes to the descriptor `output`, or where ours goes
 * when that is negative. Returns its pidfd (close-on-exec, readable once it ended) and sets *pid,
 * or -errno. */
int vpa_process_start(const uint8_t *words, size_t length, const uint8_t *variables,
                      size_t variables_length, int output, int32_t *pid);

/* Kills a process and all of its group. Returns 0 (also when it is gone), or -errno. */
int vpa_process_kill(int32_t pid);

/* Collects a process that ended. Returns 0, -EAGAIN while it runs, or -errno. */
int vpa_process_collect(int32_t pid, struct vpa_end *end);

/* Raises the limit of open descriptors as far as it may be raised; returns the limit, or -errno. */
long vpa_raise_descriptor_limit(void);

#endif

#define _GNU_SOURCE
#include "include/vpa_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// 64 of the operator's, and two of the agent's in front.
enum { MOST_WORDS = 66 };

/* Points into `words`; returns how many there are, or -errno. */
static int split(const uint8_t *words, size_t length, char *list[MOST_WORDS + 1]) {
  int count = 0;
  if (length == 0 || words[length - 1] != 0)
    return -EINVAL;
  for (size_t at = 0; at < length; at += strlen((const char *)words + at) + 1) {
    if (count == MOST_WORDS)
      return -E2BIG;
    list[count++] = (char *)(uintptr_t)words + at;
  }
  list[count] = NULL;
  return count;
}

static int spawn(char *list[], int32_t *pid) {
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_t files;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_init(&files);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  pid_t started = 0;
  int error = posix_spawnp(&started, list[0], &files, &attributes, list, environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  *pid = started;
  return -error;
}

int vpa_process_start(const uint8_t *words, size_t length, int32_t *pid) {
  char *list[MOST_WORDS + 1];
  int result = split(words, length, list);
  if (result < 0)
    return result;
  result = spawn(list, pid);
  if (result < 0)
    return result;
  int fd = pidfd_open(*pid, 0);
  if (fd >= 0)
    return fd;
  result = -errno;
  kill(-*pid, SIGKILL);
  waitpid(*pid, NULL, 0);
  return result;
}

int vpa_process_kill(int32_t pid) { return kill(-pid, SIGKILL) < 0 && errno != ESRCH ? -errno : 0; }

int vpa_process_collect(int32_t pid, struct vpa_end *end) {
  int status = 0;
  pid_t found;
  do
    found = waitpid(pid, &status, WNOHANG);
  while (found < 0 && errno == EINTR);
  if (found < 0)
    return -errno;
  if (found == 0)
    return -EAGAIN;
  end->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  return 0;
}

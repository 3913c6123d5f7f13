#define _GNU_SOURCE
#include "vpa_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* 64 of the operator's words, and two of the agent's in front. */
enum { MOST_WORDS = 66, MOST_VARIABLES = 1024 };

/* Points into `words`; returns how many there are, or -errno. */
static int split(const uint8_t *words, size_t length, char *list[], int most) {
  int count = 0;
  if (length > 0 && words[length - 1] != 0)
    return -EINVAL;
  for (size_t at = 0; at < length; at += strlen((const char *)words + at) + 1) {
    if (count == most)
      return -E2BIG;
    list[count++] = (char *)(uintptr_t)words + at;
  }
  list[count] = NULL;
  return count;
}

/* Whether one of these variables has the name of that one. */
static bool has_name_of(char *const list[], int count, const char *variable) {
  size_t length = strcspn(variable, "=") + 1;
  for (int i = 0; i < count; i++)
    if (strncmp(list[i], variable, length) == 0)
      return true;
  return false;
}

/* Appends what our environment has besides, to a list that ends with NULL. */
static int add_environment(char *list[], int count) {
  int own = count;
  for (char **variable = environ; *variable; variable++) {
    if (has_name_of(list, own, *variable))
      continue;
    if (count == MOST_VARIABLES)
      return -E2BIG;
    list[count++] = *variable;
  }
  list[count] = NULL;
  return 0;
}

static int spawn(char *list[], char *environment[], int output, int32_t *pid) {
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
  if (output >= 0)
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  pid_t started = 0;
  int error = posix_spawnp(&started, list[0], &files, &attributes, list, environment);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  *pid = started;
  return -error;
}

int vpa_process_start(const uint8_t *words, size_t length, const uint8_t *variables,
                      size_t variables_length, int output, int32_t *pid) {
  char *list[MOST_WORDS + 1], *environment[MOST_VARIABLES + 1];
  int result = split(words, length, list, MOST_WORDS);
  if (result == 0)
    return -EINVAL;
  if (result > 0)
    result = split(variables, variables_length, environment, MOST_VARIABLES);
  if (result >= 0)
    result = add_environment(environment, result);
  if (result >= 0)
    result = spawn(list, environment, output, pid);
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

long vpa_raise_descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
    return -errno;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : (long)limit.rlim_cur;
}

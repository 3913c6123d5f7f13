#include "vpa_terminal.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>

enum { WAITED_AT_ONCE = 8 };

_Static_assert(sizeof(struct termios) <= sizeof(struct vpa_terminal_mode), "it is kept in there");

int vpa_terminal_read_size(int fd, struct vpa_terminal_size *size) {
  struct winsize window;
  if (ioctl(fd, TIOCGWINSZ, &window) < 0)
    return -errno;
  size->rows = window.ws_row;
  size->columns = window.ws_col;
  return 0;
}

int vpa_terminal_enter(int fd, struct vpa_terminal_mode *saved) {
  struct termios mode;
  if (tcgetattr(fd, &mode) < 0)
    return -errno;
  memcpy(saved, &mode, sizeof mode);
  mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  mode.c_cc[VMIN] = 1;
  mode.c_cc[VTIME] = 0;
  return tcsetattr(fd, TCSADRAIN, &mode) < 0 ? -errno : 0;
}

int vpa_terminal_restore(int fd, const struct vpa_terminal_mode *saved) {
  struct termios mode;
  memcpy(&mode, saved, sizeof mode);
  return tcsetattr(fd, TCSADRAIN, &mode) < 0 ? -errno : 0;
}

int vpa_wait(struct vpa_waited *list, size_t count, int timeout_ms) {
  struct pollfd polled[WAITED_AT_ONCE];
  if (count > WAITED_AT_ONCE)
    return -EINVAL;
  for (size_t i = 0; i < count; i++)
    polled[i] = (struct pollfd){.fd = list[i].fd, .events = POLLIN};
  int ready = poll(polled, count, timeout_ms);
  if (ready < 0 && errno != EINTR)
    return -errno;
  for (size_t i = 0; i < count; i++)
    list[i].ready = ready > 0 && polled[i].revents != 0;
  return ready < 0 ? 0 : ready;
}

size_t vpa_local_time(int64_t seconds, char *text, size_t capacity) {
  time_t time = (time_t)seconds;
  struct tm parts;
  if (!localtime_r(&time, &parts))
    return 0;
  return strftime(text, capacity, "%a %b %d %Y %H:%M:%S %z", &parts);
}

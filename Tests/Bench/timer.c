/*
 * How late this machine wakes a program that does nothing: a timer each 10 ms. Prints the 99.9th
 * percentile in microseconds. What scripts/bench-load takes off the agent's delays. Ends by
 * SIGTERM.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TICK_NS = 10000000, MOST = 1 << 17 };

static volatile sig_atomic_t ended;
static int64_t late[MOST];

static void end(int signal) {
  (void)signal;
  ended = 1;
}

static int compare(const void *a, const void *b) {
  int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
  return (left > right) - (left < right);
}

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(void) {
  int count = 0;
  int64_t due = now();
  signal(SIGTERM, end);
  while (!ended && count < MOST) {
    due += TICK_NS;
    struct timespec until = {due / 1000000000, due % 1000000000};
    if (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
      continue;
    late[count++] = now() - due;
  }
  qsort(late, count, sizeof *late, compare);
  printf("%lld\n", count ? (long long)late[(int64_t)count * 999 / 1000] / 1000 : 0);
  return 0;
}

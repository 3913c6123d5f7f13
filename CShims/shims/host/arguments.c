#include "vpa_io.h"

static int count;
static char **words;

/* glibc hands main's arguments to constructors too (csu/libc-start.c). */
__attribute__((constructor)) static void keep_arguments(int argc, char **argv) {
  count = argc;
  words = argv;
}

int vpa_argument_count(void) { return count; }

const char *vpa_argument(int index) { return index >= 0 && index < count ? words[index] : 0; }

#include "CShims.h"

#include <libmnl/libmnl.h>
#include <netlink/version.h>

unsigned int vpa_mnl_version(void) { return 0; }

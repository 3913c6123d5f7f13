/* All that Swift may see of Linux. Flat structs in, flat structs out, "-errno or value", no policy;
 * keys of SAs never cross. */
#ifndef CSHIMS_H
#define CSHIMS_H

#include "vpa_io.h"
#include "vpa_poll.h"

#endif

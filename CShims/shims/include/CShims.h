#ifndef VPNAGENT_CSHIMS_H
#define VPNAGENT_CSHIMS_H

/* Returns the version of libmnl the shim was built with, as 0xMMmmpp. */
unsigned int vpa_mnl_version(void);

#endif

/* What only tests call. */
#ifndef VPA_TESTING_H
#define VPA_TESTING_H

#include "vpa_event.h"

/* Second opinion: fills of `sa` what libnl-xfrm knows from a NEWSA message (not if_id,
 * encapsulation and direction); returns 0 or -errno. libnl-xfrm misreads EXPIRE and DELSA. */
int vpa_testing_libnl_decode_sa(const void *message, size_t length, struct vpa_sa *sa);

/* Builds XFRM_MSG_ALLOCSPI, which makes a larval SA of this SPI; returns as vpa_build_*. */
int vpa_testing_build_allocspi(void *buffer, size_t capacity, const struct vpa_sa *sa,
                               uint32_t spi);

/* Multicasts a message to the XFRM SA group as a process; returns 0 or -errno. */
int vpa_testing_multicast_sa(const void *message, size_t length);

/* Moves the calling thread into a new network namespace; returns the fd of its old one, or -errno.
 */
int vpa_testing_leave_network(void);

/* Moves the calling thread back and closes the fd; returns 0 or -errno. */
int vpa_testing_return_to_network(int fd);

#endif

#ifndef SLUICE_CLIBPQ_SHIM_H
#define SLUICE_CLIBPQ_SHIM_H

#include <libpq-fe.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Swift's Glibc module has neither epoll nor eventfd; these are the calls the loop needs and nothing more. */

enum { sluice_readable = 1, sluice_writable = 2 };

struct sluice_event {
    uint64_t key;
    uint32_t ready; /* sluice_readable | sluice_writable; errors and hang-ups count as readable */
};

static inline int sluice_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int sluice_eventfd_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static inline void sluice_eventfd_signal(int fd) {
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one); /* fails only when the counter is full: it is signalled already */
    (void)written;
}

static inline void sluice_eventfd_clear(int fd) {
    uint64_t count;
    ssize_t taken = read(fd, &count, sizeof count);
    (void)taken;
}

/* Watches fd for what `interest` says, whether it was watched before or not. */
static inline int sluice_epoll_watch(int epoll, int fd, uint32_t interest, uint64_t key) {
    struct epoll_event event = {0};
    event.events = ((interest & sluice_readable) ? EPOLLIN : 0) | ((interest & sluice_writable) ? EPOLLOUT : 0);
    event.data.u64 = key;
    if (epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event) == 0) return 0;
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static inline void sluice_epoll_forget(int epoll, int fd) { epoll_ctl(epoll, EPOLL_CTL_DEL, fd, (struct epoll_event *)0); }

/* Fills at most 64 events; -1 milliseconds waits without limit. */
static inline int sluice_epoll_wait(int epoll, struct sluice_event *out, int milliseconds) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, milliseconds);
    for (int i = 0; i < count; i++) {
        out[i].key = events[i].data.u64;
        out[i].ready = ((events[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) ? sluice_readable : 0) |
                       ((events[i].events & EPOLLOUT) ? sluice_writable : 0);
    }
    return count;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/needs.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "user/host/self.h"

struct asking {
	enum event_probe standby;
	uint64_t event_id;
	int map;
	struct needs found;
};

bool needs_events(enum event_probe probe, uint64_t event_id)
{
	struct perf_event_attr attr = { .size = sizeof(attr), .sample_period = 1, .wakeup_events = 1 };
	char type[16] = "";
	int fd;

	if (probe == PROBE_TP) {
		attr.type = PERF_TYPE_TRACEPOINT;
		attr.config = event_id;
	} else {
		fd = open("/sys/bus/event_source/devices/kprobe/type", O_RDONLY | O_CLOEXEC);
		if (fd < 0 || read(fd, type, sizeof(type) - 1) <= 0)
			type[0] = '\0';
		if (fd >= 0)
			close(fd);
		attr.type = (__u32)strtoul(type, NULL, 10);
		attr.config1 = (__u64)(unsigned long)"cap_capable";
	}
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* In a thread, whose capabilities are its own. */
static void *ask_without(void *arg)
{
	struct asking *a = arg;
	__u32 id = 0, list;

	if (a->standby != PROBE_NONE && !self_drop_except(1ULL << CAP_PERFMON, false, NULL))
		a->found.events = needs_events(a->standby, a->event_id);
	if (!self_drop_except(0, false, NULL))
		a->found.maps = !bpf_map_lookup_elem(a->map, &id, &list) || errno != EPERM;
	return NULL;
}

void needs_ask(enum event_probe standby, uint64_t event_id, int map, struct needs *ret)
{
	struct asking a = { .standby = standby, .event_id = event_id, .map = map };
	pthread_t thread;

	if (!pthread_create(&thread, NULL, ask_without, &a))
		pthread_join(thread, NULL);
	*ret = a.found;
}

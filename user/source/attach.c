/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/attach.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct bpf_link *attach_event(struct bpf_program *prog, uint64_t event_id)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.config = event_id,
		.sample_period = 1,
		.wakeup_events = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	struct bpf_link *link;

	if (fd < 0)
		return NULL;
	link = bpf_program__attach_perf_event(prog, fd);
	if (!link)
		close(fd);
	return link;
}

/* The type that the kernel gave to events of probed functions; negative errno. */
static int probed_type(void)
{
	char type[16] = "";
	int fd = open("/sys/bus/event_source/devices/kprobe/type", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, type, sizeof(type) - 1);

	if (fd >= 0)
		close(fd);
	return n > 0 ? (int)strtol(type, NULL, 10) : -ENOTSUP;
}

int attach_function(int prog, const char *function, bool at_return)
{
	int type = probed_type(), fd, err = 0;
	struct perf_event_attr attr = {
		.type = (__u32)type,
		.size = sizeof(attr),
		.config = at_return,	/* its only bit, everywhere */
		.config1 = (__u64)(unsigned long)function,
		.sample_period = 1,
		.wakeup_events = 1,
	};

	if (type < 0)
		return type;
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ioctl(fd, PERF_EVENT_IOC_SET_BPF, prog) || ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		err = -errno;
		close(fd);
	}
	return err ?: fd;
}

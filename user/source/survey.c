/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/survey.h"

#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/source/probes.h"
#include "user/source/types.h"

/*
 * The kernel's own types. Since 6.15 (a539e2a6d51d) the file can be mapped, which saves reading its five megabytes a
 * page at a time.
 */
static struct btf *load_kernel_types(void)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct btf *types = NULL;
	struct stat st;
	void *data;

	if (fd < 0)
		return NULL;
	data = fstat(fd, &st) ? MAP_FAILED : mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data != MAP_FAILED) {
		types = btf__new(data, (unsigned int)st.st_size);
		munmap(data, (size_t)st.st_size);
	}
	return types ? types : btf__load_vmlinux_btf();
}

static bool is_kernel(const struct btf *types)
{
	return types && btf__find_by_name_kind(types, "task_struct", BTF_KIND_STRUCT) > 0;
}

int survey_look(const char *btf, const struct btf *ours, struct survey *ret, int *ret_types, struct buf *why)
{
	bool kernel_btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
	struct btf *types = NULL;

	if (btf)
		types = btf__parse(btf, NULL);
	else if (kernel_btf)
		types = load_kernel_types();
	if (btf && !is_kernel(types)) {
		if (access(btf, R_OK))
			buf_printf(why, "--btf: '%s': %s", btf, strerror(errno));
		else
			buf_printf(why, "--btf: '%s' %s", btf,
				   types ? "holds types, and not a kernel's: no struct task_struct is among them" :
					   "is damaged, or holds no BTF, a kernel's description of its types");
		btf__free(types);
		return -EINVAL;
	}
	probes_survey(types, kernel_btf, ret);
	if (ours) {
		int fd = types ? types_subset(types, ours) : -ENOENT;

		*ret_types = fd < 0 ? -1 : fd;
	}
	btf__free(types);
	return 0;
}

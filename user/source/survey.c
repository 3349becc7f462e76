/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/survey.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/source/probes.h"
#include "user/source/types.h"

int survey_look(const char *btf, const struct btf *ours, struct survey *ret, int *ret_types, struct buf *why)
{
	bool kernel_btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
	struct btf *types = NULL;

	if (btf)
		types = btf__parse(btf, NULL);
	else if (kernel_btf)
		types = btf__load_vmlinux_btf();
	if (!types && btf) {
		int err = -errno;

		buf_printf(why, "--btf '%s': %s", btf,
			   err == -ENOENT || err == -EACCES ? strerror(-err) : "not a BTF file");
		return err;
	}
	probes_survey(types, kernel_btf, ret);
	if (ours) {
		int fd = types ? types_subset(types, ours) : -ENOENT;

		*ret_types = fd < 0 ? -1 : fd;
	}
	btf__free(types);
	return 0;
}

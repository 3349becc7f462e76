/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/sending.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/config.h"
#include "bpf/pattern.h"
#include "sending.skel.h"
#include "user/source/fit.h"

int sending_copy(struct fit *ret)
{
	size_t size;
	const void *elf = sending_bpf__elf_bytes(&size);

	return fit_copy(ret, elf, size);
}

static bool has_program(const struct bpf_object_skeleton *s, const char *name)
{
	for (int i = 0; i < s->prog_cnt; i++)
		if (!strcmp(s->progs[i].name, name))
			return true;
	return false;
}

int sending_narrow(struct bpf_object_skeleton *all)
{
	struct sending_bpf *own = calloc(1, sizeof(*own));
	int kept = 0, err = own ? sending_bpf__create_skeleton(own) : -ENOMEM;

	for (int i = 0; !err && i < all->prog_cnt; i++)
		if (has_program(own->skeleton, all->progs[i].name))
			all->progs[kept++] = all->progs[i];
	if (!err)
		all->prog_cnt = kept;
	sending_bpf__destroy(own);
	return err;
}

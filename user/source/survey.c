/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/source/survey.h"

#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/source/fit.h"
#include "user/source/probes.h"
#include "user/source/types.h"

/* Where types came from, which must live as long as they do. */
struct source {
	void *mapped;
	size_t size;
	struct buf copy;
	struct btf *file;
};

struct pages {
	void *at;
	size_t size;
};

static void *unmap(void *arg)
{
	struct pages *p = arg;

	munmap(p->at, p->size);
	free(p);
	return NULL;
}

/* The kernel takes most of a millisecond to unmap its types, which nobody has to wait for. */
static void unmap_aside(void *at, size_t size)
{
	struct pages *p = malloc(sizeof(*p));
	pthread_t thread;

	if (p)
		*p = (struct pages){ at, size };
	if (p && !pthread_create(&thread, NULL, unmap, p)) {
		pthread_detach(thread);
		return;
	}
	free(p);
	munmap(at, size);
}

static void forget(struct source *s)
{
	if (s->mapped)
		unmap_aside(s->mapped, s->size);
	buf_done(&s->copy);
	btf__free(s->file);
}

static int read_all(int fd, size_t size, struct buf *to)
{
	char *room = buf_room(to, size);
	ssize_t n = 1;

	while (room && n > 0 && to->len < size) {
		n = read(fd, room + to->len, size - to->len);
		to->len += n > 0 ? (size_t)n : 0;
	}
	return !room ? -ENOMEM : n < 0 ? -errno : 0;
}

/*
 * The kernel's own types. Since 6.15 (a539e2a6d51d) the file can be mapped, which saves reading its five megabytes a
 * page at a time.
 */
static struct types *kernel_types(struct source *s)
{
	int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
	struct types *types = NULL;
	struct stat st;

	if (fd >= 0 && !fstat(fd, &st)) {
		s->size = (size_t)st.st_size;
		s->mapped = mmap(NULL, s->size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (s->mapped == MAP_FAILED)
			s->mapped = NULL;
		if (s->mapped)
			types_new(s->mapped, s->size, &types);
		else if (!read_all(fd, s->size, &s->copy))
			types_new(s->copy.data, s->copy.len, &types);
	}
	if (fd >= 0)
		close(fd);
	return types;
}

/* Those of a file, which may be an ELF file, and of the other byte order. */
static struct types *file_types(const char *path, struct source *s)
{
	struct types *types = NULL;
	const void *data;
	uint32_t size;

	s->file = btf__parse(path, NULL);
	data = s->file ? btf__raw_data(s->file, &size) : NULL;
	if (data)
		types_new(data, size, &types);
	return types;
}

static bool is_kernel(const struct types *types)
{
	struct types_wish task = { .name = "task_struct", .kind = BTF_KIND_STRUCT };

	if (types)
		types_find(types, &task, 1);
	return task.id > 0;
}

static int refuse(const char *btf, bool holds_types, struct buf *why)
{
	if (access(btf, R_OK))
		buf_printf(why, "--btf: '%s': %s", btf, strerror(errno));
	else
		buf_printf(why, "--btf: '%s' %s", btf,
			   holds_types ? "holds types, and not a kernel's: no struct task_struct is among them" :
				         "is damaged, or holds no BTF, a kernel's description of its types");
	return -EINVAL;
}

/* 0 or negative errno; -ENODATA: it could not be done. */
static int fit_picked(const struct survey_fitting *fitting, const struct types *types)
{
	int err = fitting->pick(fitting->ctx);

	if (err)
		return err;
	return types && !fit_object(fitting->fit, types) ? 0 : -ENODATA;
}

int survey_look(const char *btf, const struct survey_fitting *fitting, struct survey *ret, struct buf *why)
{
	bool kernel_btf = access("/sys/kernel/btf/vmlinux", R_OK) == 0;
	struct source source = { .copy = BUF_INIT };
	struct types *types = NULL;
	int err = 0;

	if (btf)
		types = file_types(btf, &source);
	else if (kernel_btf)
		types = kernel_types(&source);
	if (btf && !is_kernel(types)) {
		err = refuse(btf, source.file != NULL, why);
	} else {
		probes_survey(types, kernel_btf, ret);
		if (fitting)
			err = fit_picked(fitting, types);
	}
	types_free(types);
	forget(&source);
	return err;
}

int survey_find(struct types_wish *wishes, size_t n)
{
	struct source source = { .copy = BUF_INIT };
	struct types *types = kernel_types(&source);

	if (types)
		types_find(types, wishes, n);
	types_free(types);
	forget(&source);
	return types ? 0 : -ENODATA;
}

int survey_fit(const char *btf, struct fit *fit)
{
	struct source source = { .copy = BUF_INIT };
	struct types *types = btf ? file_types(btf, &source) : kernel_types(&source);
	int err = types && !fit_object(fit, types) ? 0 : -ENODATA;

	types_free(types);
	forget(&source);
	return err;
}

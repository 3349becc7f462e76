/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/execfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "user/host/creds.h"
#include "user/host/fscaps.h"

#define LINE_MAX_KERNEL 256 /* of a first line that the kernel reads */
#define ALL_X           0111

/* What can be executed and not read still has bits: O_PATH is enough for these. */
static int open_either(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0 && errno == EACCES)
		fd = open(path, O_PATH | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The interpreter of a script, to be freed, or NULL for anything else. */
static char *interpreter_of(int fd)
{
	char line[LINE_MAX_KERNEL + 1], *start;
	ssize_t n = pread(fd, line, sizeof(line) - 1, 0);

	if (n < 3 || line[0] != '#' || line[1] != '!')
		return NULL;
	line[n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	start = line + 2 + strspn(line + 2, " \t");
	start[strcspn(start, " \t")] = '\0';
	return *start ? strdup(start) : NULL;
}

static int read_caps(int fd, struct image *image)
{
	int err = fscaps_read(fd, &image->caps);

	image->has_caps = !err;
	return err == -ENODATA || err == -EOPNOTSUPP ? 0 : err;
}

/* The bits of an open file, for the process `by`. */
static int read_bits(int fd, const struct stat *st, const struct creds *by, struct execfile *f)
{
	struct image *image = &f->image;
	struct statvfs fs;
	bool owner, group;
	uint32_t root;

	*image = (struct image){ .setuid = st->st_mode & S_ISUID,
				 .setgid = (st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) };
	owner = creds_user_inside(by, st->st_uid, &image->owner);
	group = creds_group_inside(by, st->st_gid, &image->group);
	image->unmapped = !owner || !group;
	image->nosuid = !fstatvfs(fd, &fs) && fs.f_flag & ST_NOSUID;
	f->owner = st->st_uid;
	f->group = st->st_gid;
	f->mode = st->st_mode;
	if (read_caps(fd, image))
		return -EINVAL;
	if (image->has_caps && image->caps.rootid)
		image->foreign = !creds_user_inside(by, image->caps.rootid, &root) || root != 0;
	return 0;
}

/* One file: 0 and *ret_next NULL where its bits count, else what interprets it. */
static int read_one(const char *path, const struct creds *by, struct execfile *f, char **ret_next)
{
	int fd = open_either(path), err = 0;
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	else if (!S_ISREG(st.st_mode) || !(st.st_mode & ALL_X))
		err = -EACCES;
	if (!err)
		err = read_bits(fd, &st, by, f);
	*ret_next = err ? NULL : interpreter_of(fd);
	close(fd);
	return err;
}

int execfile_interpreter(const char *path, char **ret)
{
	int fd = open_either(path);

	if (fd < 0)
		return fd;
	*ret = interpreter_of(fd);
	close(fd);
	return 0;
}

int execfile_read(const char *path, const struct creds *by, struct execfile *ret)
{
	struct execfile f = { .interpreter = NULL };
	char *next;
	int err = read_one(path, by, &f, &next);

	for (unsigned depth = 0; !err && next; depth++) {
		f.script_bits |= f.image.setuid || f.image.setgid || f.image.has_caps;
		free(f.interpreter);
		f.interpreter = next;
		next = NULL;
		err = depth < EXECFILE_SCRIPTS ? read_one(f.interpreter, by, &f, &next) : -ELOOP;
	}
	if (err)
		execfile_done(&f);
	else
		*ret = f;
	return err;
}

void execfile_done(struct execfile *f)
{
	free(f->interpreter);
	f->interpreter = NULL;
}

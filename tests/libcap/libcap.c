/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libcap ROW: what libcap itself says of the example in that row of docs/libcap.md; `libcap prepare` makes the
 * files that the examples use. It prints "error ERRNO" where libcap refuses.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/libcap/says.h"

int failed(void)
{
	printf("error %s\n", strerrorname_np(errno));
	return 0;
}

int has(const char *part, cap_value_t cap, bool yes)
{
	char *name = cap_to_name(cap);

	printf("%s %s %s\n", part, yes ? "has" : "lacks", name);
	cap_free(name);
	return 0;
}

int text(cap_t caps)
{
	char *s = caps ? cap_to_text(caps, NULL) : NULL;

	if (!s)
		return failed();
	puts(s);
	cap_free(s);
	cap_free(caps);
	return 0;
}

int iab_text(cap_iab_t iab)
{
	char *s = iab ? cap_iab_to_text(iab) : NULL;

	if (!s)
		return failed();
	puts(s);
	cap_free(s);
	cap_free(iab);
	return 0;
}

int then(const char *name)
{
	fflush(stdout);
	execl("/proc/self/exe", "libcap", name, NULL);
	return failed();
}

static int make_file(const char *path, const char *caps, uid_t rootid)
{
	int fd = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0755);
	cap_t set = cap_from_text(caps);
	int err = fd < 0 || !set || cap_set_nsowner(set, rootid) || cap_set_fd(fd, set);

	cap_free(set);
	if (fd >= 0)
		close(fd);
	return err;
}

static int make_external(const char *path, const char *caps)
{
	FILE *file = fopen(path, "wex");
	cap_t set = cap_from_text(caps);
	char bytes[64];
	ssize_t n = cap_copy_ext(bytes, set, sizeof(bytes));
	int err = !file || n < 0 || fwrite(bytes, 1, (size_t)n, file) != (size_t)n;

	cap_free(set);
	return (file && fclose(file)) || err;
}

static int prepare(void)
{
	int fd = open("tool", O_CREAT | O_WRONLY | O_CLOEXEC, 0755);

	if (fd < 0 || close(fd) || make_file("capable", "cap_net_raw=ep", 0) ||
	    make_file("owned", "cap_net_raw=ep", 100000) || make_external("set", "cap_net_raw,cap_kill=ep") ||
	    symlink("/proc", "proc")) {
		perror("prepare");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct row *const tables[] = { says_set, says_iab, says_file, says_process, says_launch };

	if (argc != 2)
		return 2;
	if (!strcmp(argv[1], "prepare"))
		return prepare();
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct row *row = tables[i]; row->name; row++)
			if (!strcmp(row->name, argv[1]))
				return row->say();
	fprintf(stderr, "libcap: no row '%s'\n", argv[1]);
	return 2;
}

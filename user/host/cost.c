/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/host/cost.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 };

static int read_line(const char *proc, pid_t pid, const char *name, char line[LINE_MAX_BYTES])
{
	char path[LINE_MAX_BYTES];
	FILE *f;
	int err = 0;

	snprintf(path, sizeof(path), "%s/%d/%s", proc, (int)pid, name);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	if (!fgets(line, LINE_MAX_BYTES, f))
		err = -EIO;
	fclose(f);
	return err;
}

/* A name may hold blanks and parentheses: what counts begins behind the last one. */
static int read_times(const char *proc, pid_t pid, struct cost *ret)
{
	unsigned long long user, system;
	char line[LINE_MAX_BYTES];
	const char *rest;
	int err = read_line(proc, pid, "stat", line);

	if (err)
		return err;
	rest = strrchr(line, ')');
	/* NOLINTNEXTLINE(cert-err34-c): the kernel writes it */
	if (!rest || sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) != 2)
		return -EBADMSG;
	ret->cpu_ns = (user + system) * (1000000000ULL / (unsigned long long)sysconf(_SC_CLK_TCK));
	return 0;
}

int cost_read(const char *proc, pid_t pid, struct cost *ret)
{
	unsigned long long resident, shared;
	const unsigned long long page = (unsigned long long)sysconf(_SC_PAGESIZE);
	char line[LINE_MAX_BYTES];
	struct cost c;
	int err = read_times(proc, pid, &c);

	err = err ?: read_line(proc, pid, "statm", line);
	if (err)
		return err;
	/* NOLINTNEXTLINE(cert-err34-c): the kernel writes it */
	if (sscanf(line, "%*u %llu %llu", &resident, &shared) != 2)
		return -EBADMSG;
	c.resident_bytes = resident * page;
	c.private_bytes = (resident - shared) * page;
	*ret = c;
	return 0;
}

static void add_program(const char *path, struct cost_bpf *sum)
{
	unsigned long long v;
	char line[LINE_MAX_BYTES];
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f)) {
		/* NOLINTBEGIN(cert-err34-c): the kernel writes it */
		if (sscanf(line, "run_time_ns: %llu", &v) == 1)
			sum->ns += v;
		else if (sscanf(line, "run_cnt: %llu", &v) == 1)
			sum->runs += v;
		/* NOLINTEND(cert-err34-c) */
	}
	if (f)
		fclose(f);
}

static int add_programs(const char *proc, struct cost_bpf *sum)
{
	char dir[LINE_MAX_BYTES], path[2 * LINE_MAX_BYTES];
	const struct dirent *e;
	DIR *d;

	snprintf(dir, sizeof(dir), "%s/self/fdinfo", proc);
	d = opendir(dir);
	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			add_program(path, sum);
	}
	closedir(d);
	return 0;
}

/* Whoever gave up to be looked into cannot look at itself either, unless it is root. */
int cost_read_bpf(const char *proc, struct cost_bpf *ret)
{
	const int was = prctl(PR_GET_DUMPABLE);
	struct cost_bpf sum = { 0 };
	int err;

	if (was == 0)
		prctl(PR_SET_DUMPABLE, 1);
	err = add_programs(proc, &sum);
	if (was == 0)
		prctl(PR_SET_DUMPABLE, 0);
	if (!err)
		*ret = sum;
	return err;
}

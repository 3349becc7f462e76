// SPDX-License-Identifier: BSD-2-Clause
/*
 * A library that is loaded before all others (LD_PRELOAD) and makes of what is asked of the kernel's BPF what FAULT says:
 *
 *   FAULT=program:N    the Nth program is refused; programs:N: and each later one
 *   FAULT=map:N        the Nth map is; maps:N
 *   FAULT=attach:N     the Nth program that was loaded is not attached; attaches:N
 *   FAULT=small:NAME:N the map NAME has room for N, and gives up none of them for another
 *   FAULT=storage      no program is given storage of a task: they ask only for what is there, and that is nothing;
 *                      storage,small:NAME:N besides
 *   FAULT=detach:FILE  once FILE is there all that is attached is taken away, as a debugger can
 *
 * FAULT_COUNT=FILE: how many programs, maps and attachments there were, written at the end; of the kind that FAULT names.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KIND_NONE, KIND_PROGRAM, KIND_MAP, KIND_ATTACH, KIND_COUNT };
enum { ARGS = 6, LOOK_US = 50000, NEAR = 64 };

static const char *const kinds[KIND_COUNT] = { [KIND_PROGRAM] = "program", [KIND_MAP] = "map", [KIND_ATTACH] = "attach" };
static atomic_ulong made;
static int kind, all, storage;
static unsigned long fails;
static char small[BPF_OBJ_NAME_LEN];
static unsigned int small_room;
static const char *detach;

/* ---- what is attached ------------------------------------------------------------------------------------------ */

static int is_attached(const char *to)
{
	return strstr(to, "bpf_link") || strstr(to, "bpf-link") || strstr(to, "[perf_event]");
}

static void close_all(void)
{
	/* In their places, so that no number is another's when they are closed in order. */
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	char to[64];

	while (dir && (e = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), e->d_name, to, sizeof(to) - 1);

		if (n <= 0)
			continue;
		to[n] = '\0';
		if (is_attached(to))
			dup3(nothing, atoi(e->d_name), O_CLOEXEC);
	}
	if (dir)
		closedir(dir);
}

static void *wait_for_file(void *unused)
{
	while (access(detach, F_OK))
		usleep(LOOK_US);
	close_all();
	return unused;
}

/* ---- what was asked for ---------------------------------------------------------------------------------------- */

static void read_kind(const char *fault)
{
	for (int k = KIND_PROGRAM; k < KIND_COUNT; k++) {
		const char *n = strchr(fault, ':');

		if (!n || strncmp(fault, kinds[k], strlen(kinds[k])))
			continue;
		kind = k;
		all = n[-1] == 's';
		fails = strtoul(n + 1, NULL, 10);
	}
}

__attribute__((constructor)) static void begin(void)
{
	const char *fault = getenv("FAULT");
	pthread_t thread;

	if (!fault)
		return;
	read_kind(fault);
	storage = !strncmp(fault, "storage", strlen("storage"));
	if (sscanf(fault + (storage && strchr(fault, ',') ? strlen("storage,") : 0), "small:%15[^:]:%u", small, &small_room) != 2)
		small[0] = '\0';
	if (strncmp(fault, "detach:", 7))
		return;
	detach = fault + 7;
	if (pthread_create(&thread, NULL, wait_for_file, NULL))
		abort();
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("FAULT_COUNT");
	FILE *f = path ? fopen(path, "we") : NULL;

	if (!f)
		return;
	fprintf(f, "%lu\n", (unsigned long)made);
	fclose(f);
}

static int is_refused(int what)
{
	unsigned long n;

	if (!kind || what != kind)
		return 0;
	n = ++made;
	return fails && (all ? n >= fails : n == fails);
}

/* A copy in which helpers of storage are told to make none. */
static struct bpf_insn *without_storage(const union bpf_attr *attr)
{
	const struct bpf_insn *from = (const void *)(unsigned long)attr->insns;
	struct bpf_insn *to = malloc(attr->insn_cnt * sizeof(*to));

	if (!to)
		abort();
	memcpy(to, from, attr->insn_cnt * sizeof(*to));
	for (unsigned int i = 0; i < attr->insn_cnt; i++) {
		if (to[i].code != (BPF_JMP | BPF_CALL) || to[i].src_reg || to[i].imm != BPF_FUNC_task_storage_get)
			continue;
		for (unsigned int back = 1; back <= i && back < NEAR; back++) {
			struct bpf_insn *flags = &to[i - back];

			if (flags->dst_reg == BPF_REG_4 && BPF_OP(flags->code) == BPF_MOV && BPF_SRC(flags->code) == BPF_K &&
			    (BPF_CLASS(flags->code) == BPF_ALU64 || BPF_CLASS(flags->code) == BPF_ALU)) {
				flags->imm = 0;
				break;
			}
		}
	}
	return to;
}

static void make_small(union bpf_attr *attr)
{
	attr->max_entries = small_room;
	if (attr->map_type == BPF_MAP_TYPE_LRU_HASH)
		attr->map_type = BPF_MAP_TYPE_HASH;
}

static long (*real)(long, ...);

static long do_bpf(const long a[static ARGS])
{
	union bpf_attr attr = {};
	const size_t size = (size_t)a[2] < sizeof(attr) ? (size_t)a[2] : sizeof(attr);
	struct bpf_insn *changed = NULL;
	long ret;

	memcpy(&attr, (const void *)a[1], size);
	if ((a[0] == BPF_PROG_LOAD && is_refused(KIND_PROGRAM)) || (a[0] == BPF_MAP_CREATE && is_refused(KIND_MAP)) ||
	    ((a[0] == BPF_LINK_CREATE || a[0] == BPF_RAW_TRACEPOINT_OPEN) && is_refused(KIND_ATTACH))) {
		errno = a[0] == BPF_PROG_LOAD ? EINVAL : ENOMEM;
		return -1;
	}
	if (a[0] == BPF_PROG_LOAD && storage)
		attr.insns = (unsigned long)(changed = without_storage(&attr));
	else if (a[0] == BPF_MAP_CREATE && *small && !strcmp(attr.map_name, small))
		make_small(&attr);
	else
		return real(SYS_bpf, a[0], a[1], a[2]);
	ret = real(SYS_bpf, a[0], &attr, size);
	free(changed);
	return ret;
}

long syscall(long nr, ...)
{
	long a[ARGS];
	va_list args;

	va_start(args, nr);
	for (int i = 0; i < ARGS; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	if (nr == SYS_bpf)
		return do_bpf(a);
	if (nr == SYS_perf_event_open && is_refused(KIND_ATTACH)) {
		errno = ENOMEM;
		return -1;
	}
	return real(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

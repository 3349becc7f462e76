// SPDX-License-Identifier: BSD-2-Clause
/*
 * Makes the checks that compilers put into their callers, and calls of the same functions in which nothing is asked.
 * Prints what is to be heard: [capability, verdict, system call, wanted in the asker's own user namespace?] each.
 *
 *   swallow root|nobody|nested    as who is calling, as nobody, as root of a user namespace of one's own
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SKIPPED = 77, NOBODY = 65534, UNKNOWN_BIT = 1 << 20 };

static bool held, nested;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "swallow: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void become(const char *who)
{
	nested = !strcmp(who, "nested");
	held = strcmp(who, "nobody");
	if (nested && unshare(CLONE_NEWUSER)) {
		fprintf(stderr, "swallow: no user namespace: %s\n", strerror(errno));
		exit(SKIPPED);
	}
	if (!held && (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY)))
		fail("setresuid");
}

/* A call that ended with `ret` asked: it was refused where the capability is not held. */
static void asked(const char *cap, const char *syscall, long ret, bool of_host)
{
	bool denied = !held || (of_host && nested);
	static const char *comma = "[";

	if (denied != (ret < 0 && errno == EPERM))
		fail(syscall);
	printf("%s[\"%s\",\"%s\",\"%s\",%s]", comma, cap, denied ? "denied" : "allowed", syscall,
	       of_host && nested ? "false" : "true");
	comma = ",";
}

static void unasked(const char *what, long ret, int error)
{
	if (error ? ret >= 0 || errno != error : ret < 0)
		fail(what);
}

/* Taking away nothing is asked for too, and never refused for that. */
static void set_caps(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) || syscall(SYS_capset, &head, data))
		fail("capset");
	errno = EPERM;
	asked("CAP_SETPCAP", "capset", held ? 0 : -1, false);
	head.pid = 1;
	unasked("capset of another process", syscall(SYS_capset, &head, data), EPERM);
}

static void set_bits(void)
{
	int now = prctl(PR_GET_SECUREBITS);
	int lock = now | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

	asked("CAP_SETPCAP", "prctl", prctl(PR_SET_SECUREBITS, now), false);
	unasked("a bit that there is not", prctl(PR_SET_SECUREBITS, now | UNKNOWN_BIT), EPERM);
	asked("CAP_SETPCAP", "prctl", prctl(PR_SET_SECUREBITS, lock), false);
	if (held)
		unasked("a bit that is locked", prctl(PR_SET_SECUREBITS, now), EPERM);
	unasked("another option", prctl(PR_GET_SECUREBITS), 0);
}

static long map_at(unsigned long address)
{
	void *p = mmap((void *)address, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	return p == MAP_FAILED ? -1 : 0;
}

static void map_low(void)
{
	FILE *f = fopen("/proc/sys/vm/mmap_min_addr", "re");
	unsigned long lowest;

	if (!f || fscanf(f, "%lu", &lowest) != 1)
		fail("vm.mmap_min_addr");
	fclose(f);
	if (lowest < 4096) {
		fprintf(stderr, "swallow: vm.mmap_min_addr is 0\n");
		exit(SKIPPED);
	}
	unasked("a mapping where one may be", map_at(lowest), 0);
	asked("CAP_SYS_RAWIO", "mmap", map_at(lowest - 4096), true);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: swallow root|nobody|nested\n");
		return 2;
	}
	become(argv[1]);
	set_caps();
	set_bits();
	map_low();
	puts("]");
	return 0;
}

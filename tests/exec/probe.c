/* SPDX-License-Identifier: BSD-2-Clause */
/* Is executed, and says what it became. By raw syscalls: it shares nothing with what it tests. */
#include <linux/capability.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/exec/report.h"

static void read_sets(struct report *r)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	syscall(SYS_capget, &header, data);
	r->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	r->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	r->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	for (int cap = 0; cap < 64; cap++) {
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			r->bounding |= 1ULL << cap;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			r->ambient |= 1ULL << cap;
	}
}

int main(void)
{
	struct report r = { 0 };

	getresuid(&r.uid, &r.euid, &r.suid);
	getresgid(&r.gid, &r.egid, &r.sgid);
	read_sets(&r);
	r.securebits = (uint32_t)prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);
	r.no_new_privs = (uint32_t)prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	r.secure = (uint32_t)getauxval(AT_SECURE);
	return write(REPORT_FD, &r, sizeof(r)) != sizeof(r);
}

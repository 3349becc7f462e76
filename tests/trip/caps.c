// SPDX-License-Identifier: BSD-2-Clause
#include "tests/trip/caps.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *const caps_names[CAPS_COUNT] = {
	[CAP_CHOWN] = "chown",
	[CAP_DAC_OVERRIDE] = "dac_override",
	[CAP_DAC_READ_SEARCH] = "dac_read_search",
	[CAP_FOWNER] = "fowner",
	[CAP_FSETID] = "fsetid",
	[CAP_KILL] = "kill",
	[CAP_SETGID] = "setgid",
	[CAP_SETUID] = "setuid",
	[CAP_SETPCAP] = "setpcap",
	[CAP_LINUX_IMMUTABLE] = "linux_immutable",
	[CAP_NET_BIND_SERVICE] = "net_bind_service",
	[CAP_NET_BROADCAST] = "net_broadcast",
	[CAP_NET_ADMIN] = "net_admin",
	[CAP_NET_RAW] = "net_raw",
	[CAP_IPC_LOCK] = "ipc_lock",
	[CAP_IPC_OWNER] = "ipc_owner",
	[CAP_SYS_MODULE] = "sys_module",
	[CAP_SYS_RAWIO] = "sys_rawio",
	[CAP_SYS_CHROOT] = "sys_chroot",
	[CAP_SYS_PTRACE] = "sys_ptrace",
	[CAP_SYS_PACCT] = "sys_pacct",
	[CAP_SYS_ADMIN] = "sys_admin",
	[CAP_SYS_BOOT] = "sys_boot",
	[CAP_SYS_NICE] = "sys_nice",
	[CAP_SYS_RESOURCE] = "sys_resource",
	[CAP_SYS_TIME] = "sys_time",
	[CAP_SYS_TTY_CONFIG] = "sys_tty_config",
	[CAP_MKNOD] = "mknod",
	[CAP_LEASE] = "lease",
	[CAP_AUDIT_WRITE] = "audit_write",
	[CAP_AUDIT_CONTROL] = "audit_control",
	[CAP_SETFCAP] = "setfcap",
	[CAP_MAC_OVERRIDE] = "mac_override",
	[CAP_MAC_ADMIN] = "mac_admin",
	[CAP_SYSLOG] = "syslog",
	[CAP_WAKE_ALARM] = "wake_alarm",
	[CAP_BLOCK_SUSPEND] = "block_suspend",
	[CAP_AUDIT_READ] = "audit_read",
	[CAP_PERFMON] = "perfmon",
	[CAP_BPF] = "bpf",
	[CAP_CHECKPOINT_RESTORE] = "checkpoint_restore",
};

static uint64_t word_to_set(const char *word, size_t length)
{
	if (length == 3 && !strncasecmp(word, "all", length))
		return CAPS_ALL;
	if (length > 4 && !strncasecmp(word, "cap_", 4)) {
		word += 4;
		length -= 4;
	}
	for (int nr = 0; nr < CAPS_COUNT; nr++)
		if (strlen(caps_names[nr]) == length && !strncasecmp(word, caps_names[nr], length))
			return CAPS_BIT(nr);
	return 0;
}

int caps_parse(const char *list, uint64_t *ret_set, const char **ret_bad)
{
	uint64_t set = 0;

	for (const char *word = list, *end;; word = end + 1) {
		end = strchrnul(word, ',');
		uint64_t more = word_to_set(word, (size_t)(end - word));
		if (!more) {
			*ret_bad = word;
			return -EINVAL;
		}
		set |= more;
		if (!*end)
			break;
	}
	*ret_set = set;
	return 0;
}

struct sets {
	struct __user_cap_header_struct header;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

static int sets_get(struct sets *s)
{
	*s = (struct sets){.header.version = _LINUX_CAPABILITY_VERSION_3};
	return syscall(SYS_capget, &s->header, s->data) ? -errno : 0;
}

static int sets_put(struct sets *s)
{
	return syscall(SYS_capset, &s->header, s->data) ? -errno : 0;
}

uint64_t caps_effective(void)
{
	struct sets s;

	if (sets_get(&s))
		return 0;
	return (uint64_t)s.data[1].effective << 32 | s.data[0].effective;
}

int caps_drop(uint64_t set)
{
	struct sets s;
	int err;

	/* Without SETPCAP the bounding set stays: then only an exec could bring anything back. */
	for (int nr = 0; nr < CAPS_COUNT; nr++)
		if (set & CAPS_BIT(nr))
			prctl(PR_CAPBSET_DROP, nr);
	err = sets_get(&s);
	if (err)
		return err;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		uint32_t gone = (uint32_t)(set >> (32 * i));
		s.data[i].effective &= ~gone;
		s.data[i].permitted &= ~gone;
		s.data[i].inheritable &= ~gone;
	}
	return sets_put(&s);
}

int caps_rewrite(void)
{
	struct sets s;
	int err = sets_get(&s);

	return err ? err : sets_put(&s);
}

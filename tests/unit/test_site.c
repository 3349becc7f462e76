/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/made.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>

#include "user/caps/capability.h"
#include "user/caps/site.h"

static struct site find(int cap, const char *call, const char *stack)
{
	const struct site_query q = { .cap = cap, .stack = stack, .call = call };
	struct site s;

	site_find(&q, &s);
	return s;
}

static struct site find_with(int cap, const char *call, const char *stack, uint64_t argument)
{
	const struct site_query q = { .cap = cap, .stack = stack, .call = call, .argument = argument };
	struct site s;

	site_find(&q, &s);
	return s;
}

static void assert_class(int cap, const char *call, const char *stack, enum site_class class)
{
	struct site s = find(cap, call, stack);

	if (s.class != class)
		print_error("%d in %s at %s: %s\n", cap, call, stack, site_class_word(s.class));
	assert_int_equal(s.class, class);
	assert_true(class == SITE_UNCLASSIFIED || s.operation);
}

/* ---- the table itself -------------------------------------------------------------------------------------------- */

static void every_row_says_where_and_what(void **state)
{
	(void)state;
	for (size_t i = 0; i < site_row_count; i++) {
		const struct site_row *row = &site_rows[i];

		if (!row->at || !row->file || !row->operation)
			print_error("row %zu: %s\n", i, row->at ? row->at : "?");
		assert_true(row->at && *row->at && *row->at != ' ');
		assert_true(row->file && strchr(row->file, '/') && (strstr(row->file, ".c") || strstr(row->file, ".h")));
		assert_true(row->operation && *row->operation);
		assert_true(row->cap >= 0 && row->cap < CAPABILITY_MAX);
		assert_true(row->class > SITE_UNCLASSIFIED && row->class < SITE_CLASS_COUNT);
		assert_true((row->class == SITE_ALTERNATIVE) <= (row->others != 0));
		assert_false(row->others >> row->cap & 1);
		assert_true(row->class != SITE_CONDITIONAL || row->condition);
		assert_int_equal(row->value & ~row->mask, 0);
	}
}

static bool same_words(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool has_name(const char *names, const char *name, size_t n)
{
	for (; *names; names += strspn(names, " ")) {
		size_t len = strcspn(names, " ");

		if (len == n && !strncmp(names, name, n))
			return true;
		names += len;
	}
	return false;
}

/* Is what row b asks for beside the name at least what row a asks for? Then a is taken where both fit. */
static bool hides(const struct site_row *a, const struct site_row *b)
{
	return a->cap == b->cap && (!a->caller || same_words(a->caller, b->caller)) && (!a->in || same_words(a->in, b->in)) &&
	       (!a->same_ids || b->same_ids) && (!a->helper_told || (b->helper_told && a->helper == b->helper)) &&
	       (!a->mask || (a->mask == b->mask && a->value == b->value));
}

/* No key stands twice, and none behind one that takes all it could. */
static void every_row_can_be_reached(void **state)
{
	(void)state;
	for (size_t i = 0; i < site_row_count; i++) {
		size_t n = strcspn(site_rows[i].at, " ");

		for (size_t k = 0; k < i; k++) {
			if (!hides(&site_rows[k], &site_rows[i]) || !has_name(site_rows[k].at, site_rows[i].at, n))
				continue;
			print_error("%.*s of row %zu is taken by row %zu\n", (int)n, site_rows[i].at, i, k);
			fail();
		}
	}
}

/* By the names alone a row's words are found in a system call at most once. */
static void a_call_means_one_thing(void **state)
{
	(void)state;
	for (size_t i = 0; i < site_row_count; i++)
		for (size_t k = 0; k < i && site_rows[i].calls; k++) {
			const char *calls = site_rows[i].calls;

			if (!site_rows[k].calls || site_rows[k].cap != site_rows[i].cap)
				continue;
			for (; *calls; calls += strspn(calls, " ")) {
				size_t n = strcspn(calls, " ");

				if (has_name(site_rows[k].calls, calls, n) &&
				    strcmp(site_rows[k].operation, site_rows[i].operation)) {
					print_error("%.*s of %d means two things\n", (int)n, calls, site_rows[i].cap);
					fail();
				}
				calls += n;
			}
		}
}

/* ---- what is known of sites -------------------------------------------------------------------------------------- */

/* As stacks were seen on 5.10 to 7, and as their meaning was tried, granted and refused. */
static void sites_mean_what_was_seen(void **state)
{
	static const struct {
		int cap;
		const char *call, *stack;
		enum site_class class;
	} rows[] = {
		{ CAP_SYS_ADMIN, "mmap", "cap_vm_enough_memory security_vm_enough_memory_mm mmap_region do_mmap", SITE_ADVISORY },
		{ CAP_SYS_ADMIN, "clone", "security_vm_enough_memory_mm dup_mmap copy_process kernel_clone", SITE_ADVISORY },
		{ CAP_SYS_ADMIN, "seccomp",
		  "security_capable ns_capable_noaudit do_jit bpf_int_jit_compile bpf_prog_select_runtime", SITE_ADVISORY },
		{ CAP_SYS_ADMIN, "seccomp", "security_capable ns_capable_noaudit do_seccomp do_syscall_64", SITE_CONDITIONAL },
		{ CAP_BPF, "prctl",
		  "security_capable ns_capable bpf_token_capable bpf_prog_alloc_no_stats bpf_prog_alloc bpf_prog_create_from_user",
		  SITE_QUALITY },
		{ CAP_SYS_ADMIN, "prctl", "security_capable ns_capable capable bpf_prog_alloc_no_stats bpf_prog_alloc", SITE_QUALITY },
		{ CAP_BPF, "bpf", "security_capable ns_capable bpf_token_capable bpf_prog_load __sys_bpf", SITE_ALTERNATIVE },
		{ CAP_SYS_ADMIN, "landlock_restrict_self",
		  "security_capable ns_capable_noaudit __do_sys_landlock_restrict_self", SITE_CONDITIONAL },
		{ CAP_SYS_ADMIN, "statmount", "security_capable ns_capable_noaudit do_statmount.constprop.0", SITE_NEEDED },
		{ CAP_SYS_ADMIN, "listxattr", "security_capable ns_capable_noaudit simple_xattr_list shmem_listxattr", SITE_QUALITY },
		{ CAP_SYS_ADMIN, "getxattr", "security_capable capable xattr_permission vfs_getxattr", SITE_NEEDED },
		{ CAP_SYS_ADMIN, "setxattr", "security_capable capable xattr_permission __vfs_setxattr_locked", SITE_NEEDED },
		{ CAP_SYS_ADMIN, "read", "security_capable file_ns_capable r_show seq_read_iter", SITE_QUALITY },
		{ CAP_SYS_ADMIN, "openat", "security_capable capable alloc_empty_file path_openat", SITE_CONDITIONAL },
		{ CAP_SYS_ADMIN, "ioprio_set", "security_capable capable ioprio_check_cap __do_sys_ioprio_set", SITE_ALTERNATIVE },
		{ CAP_SYS_ADMIN, "mount", "security_capable ns_capable path_mount __x64_sys_mount", SITE_NEEDED },
		{ CAP_SYS_ADMIN, "unshare", "security_capable ns_capable unshare_nsproxy_namespaces ksys_unshare", SITE_NEEDED },
		{ CAP_SYS_ADMIN, "setns", "security_capable ns_capable netns_install __do_sys_setns", SITE_NEEDED },
		{ CAP_SYS_ADMIN, "swapoff", "security_capable capable __do_sys_swapoff do_syscall_64", SITE_NEEDED },
		{ CAP_SYS_ADMIN, "read", "security_capable ns_capable_noaudit pid_table_root_permissions sysctl_perm", SITE_QUALITY },
		{ CAP_SYS_ADMIN, "bpf", "security_capable ns_capable bpf_token_capable bpf_prog_load __sys_bpf", SITE_ALTERNATIVE },
		{ CAP_SYS_RESOURCE, "clone", "security_capable capable copy_process kernel_clone", SITE_CONDITIONAL },
		{ CAP_SYS_RESOURCE, "write", "security_capable has_capability_noaudit __set_oom_adj.isra.0", SITE_ADVISORY },
		{ CAP_SYS_RESOURCE, "write", "security_capable capable __set_oom_adj.isra.0 oom_score_adj_write", SITE_NEEDED },
		{ CAP_SYS_RESOURCE, "read", "security_capable ns_capable_noaudit set_permissions sysctl_perm", SITE_QUALITY },
		{ CAP_SYS_RESOURCE, "prlimit64", "security_capable capable do_prlimit __do_sys_prlimit64", SITE_NEEDED },
		{ CAP_SYS_RESOURCE, "write", "security_capable capable ext4_has_free_clusters[ext4]", SITE_CONDITIONAL },
		{ CAP_NET_ADMIN, "read", "security_capable ns_capable_noaudit net_ctl_permissions sysctl_perm", SITE_QUALITY },
		{ CAP_NET_ADMIN, "socket", "security_capable ns_capable_noaudit __vsock_create[vsock]", SITE_QUALITY },
		{ CAP_NET_ADMIN, "sendto", "security_capable file_ns_capable netlink_net_capable rtnetlink_rcv_msg", SITE_NEEDED },
		{ CAP_NET_ADMIN, "sendmsg", "security_capable ns_capable nfnetlink_rcv[nfnetlink] netlink_unicast", SITE_NEEDED },
		{ CAP_NET_ADMIN, "sendmsg", "security_capable ns_capable tcp_diag_dump[tcp_diag] __inet_diag_dump", SITE_QUALITY },
		{ CAP_NET_BIND_SERVICE, "bind", "security_capable ns_capable __inet6_bind inet6_bind_sk __sys_bind", SITE_NEEDED },
		{ CAP_NET_RAW, "socket", "security_capable ns_capable inet_create __sock_create", SITE_NEEDED },
		{ CAP_NET_RAW, "socket", "security_capable ns_capable packet_create[af_packet] __sock_create", SITE_NEEDED },
		{ CAP_NET_RAW, "sendmsg", "security_capable ns_capable __sock_cmsg_send ip_cmsg_send", SITE_ALTERNATIVE },
		{ CAP_DAC_READ_SEARCH, "openat",
		  "security_capable capable_wrt_inode_uidgid generic_permission inode_permission may_open", SITE_ALTERNATIVE },
		{ CAP_DAC_OVERRIDE, "mkdir",
		  "security_capable capable_wrt_inode_uidgid generic_permission inode_permission may_create", SITE_NEEDED },
		{ CAP_DAC_OVERRIDE, "mkdir",
		  "security_capable capable_wrt_inode_uidgid generic_permission inode_permission link_path_walk", SITE_ALTERNATIVE },
		{ CAP_DAC_OVERRIDE, "link", "security_capable capable_wrt_inode_uidgid generic_permission inode_permission may_linkat",
		  SITE_ALTERNATIVE },
		{ CAP_DAC_READ_SEARCH, "openat",
		  "security_capable capable_wrt_inode_uidgid generic_permission proc_fd_permission", SITE_ALTERNATIVE },
		{ CAP_FOWNER, "chmod", "security_capable capable_wrt_inode_uidgid inode_owner_or_capable setattr_prepare", SITE_NEEDED },
		{ CAP_FOWNER, "chmod", "security_capable ns_capable setattr_prepare ext4_setattr notify_change", SITE_NEEDED },
		{ CAP_FSETID, "write", "security_capable capable should_remove_suid file_remove_privs", SITE_QUALITY },
		{ CAP_CHOWN, "fchown", "security_capable capable_wrt_inode_uidgid setattr_prepare shmem_setattr", SITE_NEEDED },
		{ CAP_SETUID, "setuid", "security_capable ns_capable_setid __sys_setuid do_syscall_64", SITE_CONDITIONAL },
		{ CAP_SETUID, "setresuid", "security_capable ns_capable_setid __sys_setresuid do_syscall_64", SITE_NEEDED },
		{ CAP_SETUID, "setfsuid", "security_capable ns_capable_setid __sys_setfsuid do_syscall_64", SITE_NEEDED },
		{ CAP_SETGID, "setgroups", "security_capable ns_capable_setid __do_sys_setgroups do_syscall_64", SITE_NEEDED },
		{ CAP_SETUID, "execve", "security_capable ns_capable cap_bprm_creds_from_file bprm_execve", SITE_QUALITY },
		{ CAP_SETPCAP, "capset", "cap_capset security_capset __do_sys_capset", SITE_ADVISORY },
		{ CAP_SYS_NICE, "setpriority", "security_capable capable can_nice set_one_prio", SITE_CONDITIONAL },
		{ CAP_SYS_NICE, "setpriority", "security_capable ns_capable cap_safe_nice security_task_setnice", SITE_NEEDED },
		{ CAP_SYS_NICE, "mbind", "security_capable capable do_mbind kernel_mbind", SITE_QUALITY },
		{ CAP_SYS_NICE, "mount", "security_capable ns_capable cap_safe_nice security_task_setioprio set_task_ioprio", SITE_QUALITY },
		{ CAP_SYS_NICE, "fsconfig", "security_capable ns_capable cap_safe_nice security_task_setioprio", SITE_QUALITY },
		{ CAP_SYS_NICE, "ioprio_set", "security_capable ns_capable cap_safe_nice security_task_setioprio", SITE_NEEDED },
		{ CAP_IPC_LOCK, "mmap", "security_capable capable mlock_future_check do_mmap", SITE_CONDITIONAL },
		{ CAP_IPC_LOCK, "io_uring_setup", "security_capable ns_capable_noaudit io_uring_setup.cold", SITE_CONDITIONAL },
		{ CAP_SYS_PTRACE, "read", "security_capable ns_capable_noaudit __ptrace_may_access do_task_stat", SITE_QUALITY },
		{ CAP_SYS_PTRACE, "read",
		  "security_capable ns_capable cap_ptrace_access_check ptrace_may_access do_task_stat", SITE_QUALITY },
		{ CAP_SYS_PTRACE, "ptrace", "security_capable ns_capable __ptrace_may_access ptrace_attach", SITE_NEEDED },
		{ CAP_SYS_PTRACE, "openat", "security_capable ns_capable __ptrace_may_access ptrace_may_access", SITE_NEEDED },
		{ CAP_SYS_PTRACE, "readlink", "security_capable ns_capable __ptrace_may_access ptrace_may_access", SITE_CONDITIONAL },
		{ CAP_SYS_PTRACE, "newfstatat", "cap_ptrace_access_check security_ptrace_access_check", SITE_CONDITIONAL },
		{ CAP_SYSLOG, "openat", "security_capable kallsyms_show_value kallsyms_open", SITE_QUALITY },
		{ CAP_SYSLOG, "syslog", "security_capable capable check_syslog_permissions do_syslog", SITE_NEEDED },
		{ CAP_SYS_ADMIN, "syslog", "security_capable capable check_syslog_permissions do_syslog", SITE_ALTERNATIVE },
		{ CAP_BLOCK_SUSPEND, "epoll_ctl", "security_capable capable do_epoll_ctl __x64_sys_epoll_ctl", SITE_QUALITY },
		{ CAP_SYS_TTY_CONFIG, "ioctl", "security_capable capable vt_ioctl tty_ioctl", SITE_CONDITIONAL },
		{ CAP_SYS_RAWIO, "ioctl", "security_capable capable scsi_cmd_allowed sg_io", SITE_CONDITIONAL },
		{ CAP_SYS_RAWIO, "ioctl", "security_capable capable do_vfs_ioctl __x64_sys_ioctl", SITE_NEEDED },
		{ CAP_SYS_ADMIN, "ioctl", "security_capable capable __ext4_ioctl[ext4] __x64_sys_ioctl", SITE_NEEDED },
		{ CAP_SYS_ADMIN, "ioctl", "security_capable capable random_ioctl __x64_sys_ioctl", SITE_NEEDED },
		{ CAP_SYS_RESOURCE, "ioctl", "security_capable capable ext4_resize_begin[ext4] __ext4_ioctl", SITE_NEEDED },
		{ CAP_SYS_RAWIO, "mmap", "cap_mmap_addr security_mmap_addr __get_unmapped_area", SITE_NEEDED },
		{ CAP_MAC_OVERRIDE, "write", "security_capable ns_capable_noaudit aa_change_profile do_setattr", SITE_QUALITY },
		{ CAP_AUDIT_WRITE, "sendto", "security_capable file_ns_capable netlink_capable audit_receive_msg", SITE_NEEDED },
		{ CAP_SETFCAP, "setxattr", "security_capable capable_wrt_inode_uidgid cap_convert_nscap vfs_setxattr", SITE_NEEDED },
		{ CAP_IPC_OWNER, "msgctl", "security_capable ns_capable ipcperms msgctl_stat", SITE_NEEDED },
		{ CAP_KILL, "kill", "security_capable ns_capable check_kill_permission group_send_sig_info", SITE_NEEDED },
		{ CAP_MKNOD, "mknodat", "security_capable capable vfs_mknod do_mknodat", SITE_NEEDED },
		{ CAP_SYS_CHROOT, "chroot", "security_capable ns_capable __x64_sys_chroot do_syscall_64", SITE_NEEDED },
		{ CAP_SYS_BOOT, "reboot", "security_capable ns_capable __do_sys_reboot do_syscall_64", SITE_NEEDED },
		{ CAP_SYS_MODULE, "init_module", "security_capable capable __do_sys_init_module do_syscall_64", SITE_NEEDED },
		{ CAP_SYS_TIME, "settimeofday", "security_capable capable cap_settime security_settime64", SITE_NEEDED },
		{ 38, "perf_event_open", "security_capable capable perf_allow_kernel __do_sys_perf_event_open", SITE_ALTERNATIVE },
		{ 38, "bpf", "security_capable ns_capable bpf_token_capable bpf_prog_load __sys_bpf", SITE_ALTERNATIVE },
		{ 38, "bpf", "security_capable capable bpf_prog_load __do_sys_bpf", SITE_ALTERNATIVE },
		{ 38, "bpf", "security_capable ns_capable bpf_token_capable bpf_check bpf_prog_load __sys_bpf", SITE_QUALITY },
		{ 38, "bpf", "security_capable capable bpf_check bpf_prog_load __do_sys_bpf", SITE_QUALITY },
		{ 38, "bpf", "security_capable ns_capable bpf_token_capable array_map_alloc map_create __sys_bpf", SITE_QUALITY },
		{ 38, "bpf", "security_capable capable array_map_alloc __do_sys_bpf", SITE_QUALITY },
		{ 38, "bpf", "security_capable ns_capable bpf_token_capable bpf_base_func_proto check_helper_call do_check bpf_check",
		  SITE_ALTERNATIVE },
		{ CAP_SYS_ADMIN, "bpf", "security_capable ns_capable bpf_token_capable bpf_check bpf_prog_load", SITE_QUALITY },
		{ CAP_SYS_ADMIN, "bpf", "security_capable ns_capable bpf_token_capable array_map_alloc map_create", SITE_QUALITY },
		{ 39, "bpf", "security_capable ns_capable bpf_token_capable bpf_check bpf_prog_load __sys_bpf", SITE_ALTERNATIVE },
		{ 39, "bpf", "security_capable capable bpf_prog_load __do_sys_bpf", SITE_ALTERNATIVE },
		{ 40, "clone3", "security_capable ns_capable alloc_pid copy_process", SITE_ALTERNATIVE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_class(rows[i].cap, rows[i].call, rows[i].stack, rows[i].class);
}

static void arguments_decide(void **state)
{
	static const char sock[] = "security_capable ns_capable sk_setsockopt do_sock_setsockopt __sys_setsockopt";
	static const char tcp[] = "security_capable ns_capable do_tcp_setsockopt do_sock_setsockopt";
	static const char ioctl[] = "security_capable capable dev_ioctl sock_do_ioctl";
	static const char open[] = "security_capable capable_wrt_inode_uidgid generic_permission inode_permission may_open";
	static const char chmod[] = "security_capable capable_wrt_inode_uidgid setattr_copy ext4_setattr";

	(void)state;
	assert_int_equal(find_with(CAP_NET_RAW, "setsockopt", sock, 1ULL << 32 | 36).class, SITE_ALTERNATIVE);
	assert_int_equal(find_with(CAP_NET_RAW, "setsockopt", sock, 1ULL << 32 | 25).class, SITE_NEEDED);
	assert_int_equal(find_with(CAP_NET_ADMIN, "setsockopt", sock, 1ULL << 32 | 32).class, SITE_QUALITY);
	assert_int_equal(find_with(CAP_NET_ADMIN, "setsockopt", sock, 1ULL << 32 | 33).class, SITE_QUALITY);
	assert_int_equal(find_with(CAP_NET_ADMIN, "setsockopt", tcp, 6ULL << 32 | 13).class, SITE_CONDITIONAL);
	assert_int_equal(find_with(CAP_NET_ADMIN, "setsockopt", tcp, 6ULL << 32 | 19).class, SITE_NEEDED);
	assert_int_equal(find_with(CAP_NET_ADMIN, "ioctl", ioctl, SITE_QUESTION | 0x8913).class, SITE_QUALITY);
	assert_int_equal(find_with(CAP_NET_ADMIN, "ioctl", ioctl, 0x8914).class, SITE_NEEDED);
	assert_int_equal(find_with(CAP_DAC_OVERRIDE, "openat", open, 0x80000).class, SITE_ALTERNATIVE);
	assert_int_equal(find_with(CAP_DAC_OVERRIDE, "openat", open, 0x80001).class, SITE_NEEDED);
	/* to empty a file is to write to it */
	assert_int_equal(find_with(CAP_DAC_OVERRIDE, "openat", open, 01000).class, SITE_NEEDED);
	assert_int_equal(find_with(CAP_DAC_OVERRIDE, "fchdir", open, 0).class, SITE_ALTERNATIVE);
	assert_int_equal(find_with(CAP_FSETID, "fchmod", chmod, 02755).class, SITE_NEEDED);
	assert_int_equal(find_with(CAP_FSETID, "fchmod", chmod, 0755).class, SITE_QUALITY);
}

static void ids_that_it_has_already_are_no_need(void **state)
{
	static const char user[] = "security_capable ns_capable_setid __sys_setuid", group[] = "security_capable ns_capable_setid __sys_setgid",
			  users[] = "security_capable ns_capable_setid __sys_setresuid";
	const struct site_query rows[] = {
		{ .cap = CAP_SETUID, .call = "setuid", .stack = user },
		{ .cap = CAP_SETGID, .call = "setgid", .stack = group },
		{ .cap = CAP_SETUID, .call = "setresuid", .stack = users },
	};
	bool ids;
	int at;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct site_query q = rows[i];
		struct site s;

		site_find(&q, &s);
		assert_int_not_equal(s.class, SITE_ADVISORY);
		q.same_ids = true;
		site_find(&q, &s);
		assert_int_equal(s.class, SITE_ADVISORY);
		assert_true(site_telling(q.call, &at, &at, &ids) && ids);
	}
	/* These ask only for what is another id. */
	assert_true(site_telling("setreuid", &at, &at, &ids) && !ids);
	assert_true(site_telling("setfsuid", &at, &at, &ids) && !ids);
}

static void arguments_are_those_of_the_call(void **state)
{
	static const uint32_t arg[4] = { 10, 0x8913, 12, 13 }, set[4] = { 10, 0x8914, 12, 13 };

	(void)state;
	assert_true(site_argument("setsockopt", arg) == (0x8913ULL << 32 | 12));
	assert_true(site_argument("setuid", arg) == 10);
	assert_true(site_argument("fchmodat", arg) == 12);
	assert_true(site_argument("ioctl", arg) == (SITE_QUESTION | 0x8913));
	assert_true(site_argument("ioctl", set) == 0x8914);
	assert_true(site_argument("mount", arg) == 0);
	assert_true(site_argument("", arg) == 0);
}

static void an_unknown_site_is_shown_as_it_is(void **state)
{
	struct site s = find(CAP_SYS_ADMIN, "ioctl", "security_capable capable some_driver_ioctl.isra.0[new] vfs_ioctl");

	(void)state;
	assert_int_equal(s.class, SITE_UNCLASSIFIED);
	assert_null(s.row);
	assert_int_equal(s.name_len, strlen("some_driver_ioctl.isra.0[new]"));
	assert_memory_equal(s.name, "some_driver_ioctl.isra.0[new]", s.name_len);
	assert_int_equal(s.helper, SITE_AUDITED);
	assert_class(CAP_SYS_ADMIN, "mount", NULL, SITE_UNCLASSIFIED);
	assert_class(CAP_SYS_ADMIN, "mount", "", SITE_UNCLASSIFIED);
	assert_class(CAP_SYS_ADMIN, "mount", "security_capable capable", SITE_UNCLASSIFIED);
	assert_class(CAP_SYS_ADMIN, "mount", "? ? path_mount", SITE_UNCLASSIFIED);
	/* The operation is known all the same where the call means one thing. */
	assert_string_equal(find(CAP_SYS_ADMIN, "mount", NULL).operation, "mount a file system");
	/* The right place, but not for this capability. */
	assert_class(CAP_KILL, "mount", "security_capable ns_capable path_mount", SITE_UNCLASSIFIED);
}

static void names_of_any_length_and_kind(void **state)
{
	char stack[4096];

	(void)state;
	memset(stack, 'a', sizeof(stack) - 1);
	stack[sizeof(stack) - 1] = '\0';
	assert_class(CAP_KILL, "kill", stack, SITE_UNCLASSIFIED);
	memset(stack, '.', sizeof(stack) - 1);
	assert_class(CAP_KILL, "kill", stack, SITE_UNCLASSIFIED);
	memset(stack, ' ', sizeof(stack) - 1);
	assert_class(CAP_KILL, "kill", stack, SITE_UNCLASSIFIED);
	assert_class(CAP_KILL, "kill", "[] . __x64_sys_ __do_sys_", SITE_UNCLASSIFIED);
}

static void what_is_no_need_is_advisory(void **state)
{
	const struct site_query q = {
		.cap = CAP_SYS_ADMIN, .call = "mount", .no_need = true, .stack = "security_capable ns_capable path_mount",
	};
	const struct site_query overcommit = { .cap = CAP_SYS_ADMIN, .overcommit = true };
	struct site s;

	(void)state;
	site_find(&q, &s);
	assert_int_equal(s.class, SITE_ADVISORY);
	assert_string_equal(s.operation, "mount a file system");
	site_find(&overcommit, &s);
	assert_int_equal(s.class, SITE_ADVISORY);
	assert_string_equal(s.operation, "memory overcommit");
	assert_null(s.name);
}

static void helpers_tell_the_options(void **state)
{
	(void)state;
	assert_int_equal(find(CAP_SETUID, "setuid", "security_capable ns_capable_setid __sys_setuid").helper, SITE_SETID);
	assert_int_equal(find(CAP_SYS_ADMIN, "seccomp", "security_capable ns_capable_noaudit do_seccomp").helper, SITE_NOAUDIT);
	assert_int_equal(find(CAP_SYS_ADMIN, "mount", "security_capable ns_capable path_mount").helper, SITE_AUDITED);
	assert_int_equal(find(CAP_SYSLOG, "openat", "security_capable kallsyms_show_value").helper, SITE_DIRECT);
}

static void classes_have_words(void **state)
{
	enum site_class class;
	const char *nearest = NULL;

	(void)state;
	for (int i = 0; i < SITE_CLASS_COUNT; i++) {
		const char *word = site_class_word((enum site_class)i);

		assert_int_equal(site_class_parse(word, strlen(word), &class, &nearest), 0);
		assert_int_equal(class, i);
	}
	assert_null(site_class_word(SITE_CLASS_COUNT));
	assert_int_equal(site_class_parse("Needed", 6, &class, &nearest), 0);
	assert_int_equal(site_class_parse("neded", 5, &class, &nearest), -ENOENT);
	assert_string_equal(nearest, "needed");
	assert_int_equal(site_class_parse("zzzz", 4, &class, &nearest), -ENOENT);
	assert_null(nearest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_says_where_and_what),
		cmocka_unit_test(every_row_can_be_reached),
		cmocka_unit_test(a_call_means_one_thing),
		cmocka_unit_test(sites_mean_what_was_seen),
		cmocka_unit_test(arguments_decide),
		cmocka_unit_test(ids_that_it_has_already_are_no_need),
		cmocka_unit_test(arguments_are_those_of_the_call),
		cmocka_unit_test(an_unknown_site_is_shown_as_it_is),
		cmocka_unit_test(names_of_any_length_and_kind),
		cmocka_unit_test(what_is_no_need_is_advisory),
		cmocka_unit_test(helpers_tell_the_options),
		cmocka_unit_test(classes_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/facts.h"

#include <linux/capability.h>
#include <stddef.h>

#include "user/caps/capability.h"

static const struct fact facts[] = {
	[CAP_CHOWN] = {
		.since = "2.2", .level = FACT_ROOT, .dangers = FACT_EQUALS_ROOT | FACT_READS | FACT_WRITES,
		.permits = "give any file to any user and group",
		.why =
			"who makes himself the owner of /etc/shadow, or of a program that root runs, can "
			"rewrite it",
		.checked =
			"chown() and its kin, where owner or group really change and the caller is not the "
			"owner giving it to a group of his own (setattr_prepare)",
		.needed_by =
			"package managers, tar and cp run by root, scripts that give a data directory to a "
			"service when it starts",
		.better =
			"have the files belong to the right user from the start: StateDirectory= in "
			"systemd, COPY --chown in an image, fsGroup in Kubernetes",
	},
	[CAP_DAC_OVERRIDE] = {
		.since = "2.2", .level = FACT_ROOT, .dangers = FACT_EQUALS_ROOT | FACT_READS | FACT_WRITES,
		.permits =
			"read, write and search every file and directory whatever its mode and ACL say; "
			"execute where at least one x is set",
		.why = "it writes /etc/shadow and the programs that root runs",
		.checked =
			"after the mode bits and the ACL have refused: every open, create, rename, unlink, "
			"exec (generic_permission, capable_wrt_inode_uidgid)",
		.needed_by =
			"programs that run as root and meet files of others, often only because a file has "
			"the wrong owner",
		.better =
			"the right owner, group or ACL on the files; CAP_DAC_READ_SEARCH where reading is "
			"enough",
	},
	[CAP_DAC_READ_SEARCH] = {
		.since = "2.2", .level = FACT_HIGH, .dangers = FACT_READS | FACT_ESCAPE,
		.permits =
			"read every file and search every directory whatever the mode says; "
			"open_by_handle_at()",
		.why =
			"it reads /etc/shadow and every private key; with open_by_handle_at() also files "
			"outside a container that shares the host's file system (the \"shocker\" of 2014)",
		.checked =
			"before CAP_DAC_OVERRIDE where reading or searching was refused by the mode "
			"(generic_permission); open_by_handle_at(); linkat() with AT_EMPTY_PATH",
		.needed_by = "backups, indexers, virus scanners, file servers that work with handles",
		.better =
			"a group or an ACL for those files; nothing, for programs that only probe a PATH "
			"and go on after EACCES",
	},
	[CAP_FOWNER] = {
		.since = "2.2", .level = FACT_ROOT, .dangers = FACT_EQUALS_ROOT | FACT_READS | FACT_WRITES,
		.permits =
			"do what only the owner of a file may: chmod, utime, ACLs and attributes, delete in "
			"sticky directories, O_NOATIME, hard links to others' files",
		.why = "chmod 666 /etc/shadow is enough",
		.checked =
			"inode_owner_or_capable, setattr_prepare (chmod, utimes), may_delete (sticky), "
			"may_linkat, may_open (O_NOATIME)",
		.needed_by = "tar, rsync and package managers that restore modes and times of others' files",
		.better = "do it as the owner; programs that ask for O_NOATIME mostly go on without it",
	},
	[CAP_FSETID] = {
		.since = "2.2", .level = FACT_MODERATE, .dangers = FACT_WRITES,
		.permits =
			"keep setuid and setgid bits when a file is written or its owner changes; set the "
			"setgid bit for a group that one is not in",
		.why = "it gives a file of one's own the powers of a group that one is not in",
		.checked =
			"setattr_copy (chmod), setattr_should_drop_suidgid (write, chown, truncate); never "
			"with an error: without it the bits silently go",
		.needed_by =
			"tar, cp -a, rsync and install, which lose setgid bits without it and still exit "
			"with 0",
		.better =
			"nothing, where no setuid or setgid files are written: the check is made, and does "
			"not matter",
	},
	[CAP_KILL] = {
		.since = "2.2", .level = FACT_MODERATE, .dangers = FACT_PROCESSES | FACT_HOST,
		.permits = "send signals to processes of other users; KDSIGACCEPT",
		.why = "it stops any service, and a supervisor with it",
		.checked =
			"kill_ok_by_cred has refused: the sender's real or effective user is not the "
			"target's real or saved one (check_kill_permission)",
		.needed_by = "supervisors whose children run as other users",
		.better = "run sender and target as the same user, or let systemd send the signal",
	},
	[CAP_SETGID] = {
		.since = "2.2", .level = FACT_HIGH, .dangers = FACT_READS,
		.permits =
			"take on any group and any list of groups; claim any group on a UNIX socket; map "
			"groups in a user namespace",
		.why = "the groups shadow, disk and docker lead to root on most hosts",
		.checked =
			"setgid() and its kin where the id is new to the caller, setgroups() always "
			"(may_setgroups), credentials over UNIX sockets, gid_map",
		.needed_by = "whatever starts as root to become somebody else: login, cron, sshd, nginx",
		.better =
			"be started as that user and group already: User= and Group= in systemd, --user in "
			"Docker",
	},
	[CAP_SETUID] = {
		.since = "2.2", .level = FACT_ROOT,
		.dangers = FACT_EQUALS_ROOT | FACT_READS | FACT_WRITES | FACT_PROCESSES,
		.permits = "become any user; claim any user on a UNIX socket; map users in a user namespace",
		.why = "setuid(0) and an exec give back everything in the bounding set",
		.checked =
			"setuid() first of all, setresuid() only where an id is new to the caller, "
			"setfsuid, credentials over UNIX sockets, uid_map; an exec of a setuid file while "
			"it is traced",
		.needed_by = "whatever starts as root to become somebody else: su, sudo, cron, sshd, nginx",
		.better =
			"be started as that user already: User= in systemd, --user in Docker; with what else it "
			"needs as ambient capabilities",
	},
	[CAP_SETPCAP] = {
		.since = "2.2", .level = FACT_MODERATE, .dangers = FACT_PROCESSES,
		.permits =
			"add anything of the bounding set to the inheritable one, drop from the bounding "
			"set, change securebits. Before 2.6.24: give capabilities to, and take them from, "
			"any process",
		.why =
			"by itself it only gives up; with a file that has inheritable capabilities it gains "
			"them",
		.checked =
			"PR_CAPBSET_DROP, PR_SET_SECUREBITS (cap_task_prctl); every capset() asks, and "
			"needs it only to make more inheritable than is permitted (cap_inh_is_capped)",
		.needed_by = "container runtimes, systemd, capsh, setpriv: what confines others",
		.better =
			"confine from outside; a program that only lowers its own sets with capset() does "
			"not need it",
	},
	[CAP_LINUX_IMMUTABLE] = {
		.since = "2.2", .level = FACT_MODERATE, .dangers = FACT_HIDES | FACT_HOST,
		.permits = "set and clear the attributes immutable and append-only (chattr +i, +a)",
		.why = "it unlocks logs that were made append-only, and locks files that updates must change",
		.checked =
			"FS_IOC_SETFLAGS and FS_IOC_FSSETXATTR where one of these two bits changes "
			"(vfs_fileattr_set)",
		.needed_by = "chattr, some backup and mail programs",
		.better = "a read-only mount",
	},
	[CAP_NET_BIND_SERVICE] = {
		.since = "2.2", .level = FACT_LOW, .dangers = FACT_NETWORK,
		.permits =
			"bind to TCP, UDP and SCTP ports below net.ipv4.ip_unprivileged_port_start (1024 "
			"where not changed)",
		.why = "it can stand in for a service that is not running",
		.checked =
			"bind() to such a port, and only then: not for port 0 nor an automatic one "
			"(inet_bind, inet6_bind, vsock)",
		.needed_by = "web, mail and name servers",
		.better =
			"socket activation by systemd, a port from 1024 on behind a forward, or a lower "
			"ip_unprivileged_port_start (per network namespace; Docker sets it to 0)",
	},
	[CAP_NET_BROADCAST] = {
		.since = "2.2", .level = FACT_LOW, .dangers = 0,
		.permits = "nothing: no check in the kernel asks for it",
		.why = "it was meant for broadcasts and multicast, and never used",
		.checked = "nowhere",
		.needed_by = "nobody",
		.better = "leave it out",
	},
	[CAP_NET_ADMIN] = {
		.since = "2.2", .level = FACT_HIGH, .dangers = FACT_NETWORK | FACT_HOST,
		.permits =
			"configure interfaces, addresses, routes, firewall, traffic control, tunnels and "
			"sockets' marks, priorities and forced buffers",
		.why =
			"in the host's network namespace it redirects all traffic and takes the firewall "
			"away; in a namespace of its own it reaches much rarely tested kernel code",
		.checked =
			"netlink messages that change something (rtnetlink_rcv_msg, nfnetlink_rcv), "
			"interface ioctls, setsockopt: SO_MARK and SO_PRIORITY above 6 (CAP_NET_RAW does "
			"too), SO_RCVBUFFORCE (programs fall back)",
		.needed_by = "ip, iptables, nft, VPN and routing daemons, NetworkManager, container networks",
		.better =
			"have the interface, address or rule made beforehand; drop it where only "
			"SO_RCVBUFFORCE or SO_SNDBUFFORCE asks; CAP_NET_RAW for SO_MARK and SO_PRIORITY",
	},
	[CAP_NET_RAW] = {
		.since = "2.2", .level = FACT_HIGH, .dangers = FACT_NETWORK,
		.permits =
			"open raw and packet sockets; bind to foreign addresses; SO_MARK, SO_PRIORITY, "
			"SO_BINDTODEVICE of a bound socket",
		.why =
			"it reads and forges what passes on the wire; on a container network it takes over "
			"neighbours' addresses (ARP, DNS)",
		.checked =
			"socket() of type raw (inet_create, inet6_create) and packet (packet_create), "
			"IP_TRANSPARENT, SO_MARK",
		.needed_by = "tcpdump, wireshark's dumpcap, arping, DHCP servers and clients, older ping",
		.better = "for ping net.ipv4.ping_group_range and no privilege at all",
	},
	[CAP_IPC_LOCK] = {
		.since = "2.2", .level = FACT_LOW, .dangers = FACT_HOST,
		.permits =
			"lock memory beyond RLIMIT_MEMLOCK; huge pages by shmget(), mmap() and "
			"memfd_create()",
		.why = "it uses up memory that nothing can reclaim",
		.checked =
			"mlock, mlockall, mmap with MAP_LOCKED, io_uring, BPF before 5.11; it matters only "
			"beyond the limit",
		.needed_by = "databases, key stores (gpg-agent, vault), real-time audio, DPDK",
		.better =
			"a higher limit: LimitMEMLOCK= in systemd, --ulimit memlock in Docker; "
			"vm.hugetlb_shm_group for huge pages",
	},
	[CAP_IPC_OWNER] = {
		.since = "2.2", .level = FACT_MODERATE, .dangers = FACT_READS | FACT_PROCESSES,
		.permits = "use System V shared memory, semaphores and message queues of others",
		.why = "it reads and writes the memory that databases share between their processes",
		.checked = "ipcperms, after the mode has refused",
		.needed_by = "hardly anybody",
		.better = "the right user, or a mode that lets the group in",
	},
	[CAP_SYS_MODULE] = {
		.since = "2.2", .level = FACT_ROOT, .dangers = FACT_EQUALS_ROOT | FACT_KERNEL | FACT_ESCAPE,
		.permits = "load and unload kernel modules",
		.why = "a module is the kernel: no container, security module or audit holds against it",
		.checked =
			"init_module, finit_module, delete_module; dev_load for an interface that does not "
			"exist, where it hardly ever matters",
		.needed_by = "modprobe, udev",
		.better =
			"load the module on the host beforehand (modules-load.d); kernel.modules_disabled=1 "
			"afterwards",
	},
	[CAP_SYS_RAWIO] = {
		.since = "2.2", .level = FACT_ROOT,
		.dangers = FACT_EQUALS_ROOT | FACT_KERNEL | FACT_ESCAPE | FACT_READS,
		.permits =
			"I/O ports (iopl, ioperm), /dev/mem, /proc/kcore, model-specific registers, raw "
			"SCSI commands, mappings below mmap_min_addr",
		.why = "it reads and writes memory and disks behind the kernel's back",
		.checked =
			"ioperm and iopl, opening /dev/mem, /dev/port, /proc/kcore and /dev/cpu/*/msr, "
			"SG_IO outside its list of harmless commands, mmap below the limit (cap_mmap_addr)",
		.needed_by =
			"X servers of old, hardware tools (dmidecode, hdparm, smartctl, msr-tools), "
			"hypervisors for pass-through",
		.better =
			"/sys/firmware/dmi for what dmidecode reads; group disk or a udev rule for disks; "
			"VFIO for devices",
	},
	[CAP_SYS_CHROOT] = {
		.since = "2.2", .level = FACT_HIGH, .dangers = FACT_ESCAPE,
		.permits = "chroot(); enter a mount namespace with setns() (together with CAP_SYS_ADMIN)",
		.why =
			"it walks out of a chroot, and runs setuid programs against libraries and files of "
			"its own choice",
		.checked = "chroot() (__x64_sys_chroot), mntns_install",
		.needed_by = "sshd, ftp and mail servers that lock themselves up, build tools",
		.better = "RootDirectory= in systemd, a container, or an unprivileged user namespace",
	},
	[CAP_SYS_PTRACE] = {
		.since = "2.2", .level = FACT_ROOT,
		.dangers = FACT_EQUALS_ROOT | FACT_ESCAPE | FACT_READS | FACT_PROCESSES,
		.permits =
			"trace any process, read and write its memory, and read what /proc shows only to "
			"its owner",
		.why =
			"code put into one process of root's is root; with the host's pid namespace it "
			"leaves the container",
		.checked =
			"ptrace, process_vm_readv, kcmp, pidfd_getfd, mem, maps, environ, exe, fd and ns "
			"below others' /proc/PID (ptrace_may_access); ps and top ask without needing it "
			"(PTRACE_MODE_NOAUDIT)",
		.needed_by = "strace, gdb, perf, CRIU, and monitors that look at others' /proc/PID",
		.better =
			"trace as the same user; kernel.yama.ptrace_scope decides what that allows; "
			"CAP_PERFMON or CAP_CHECKPOINT_RESTORE for some of it",
	},
	[CAP_SYS_PACCT] = {
		.since = "2.2", .level = FACT_LOW, .dangers = FACT_HIDES,
		.permits = "switch process accounting on and off (acct)",
		.why = "it silences accounting, or lets it fill a disk",
		.checked = "acct()",
		.needed_by = "accton",
		.better = "leave it out",
	},
	[CAP_SYS_ADMIN] = {
		.since = "2.2", .level = FACT_ROOT,
		.dangers = FACT_EQUALS_ROOT | FACT_KERNEL | FACT_ESCAPE | FACT_READS | FACT_WRITES |
			   FACT_PROCESSES | FACT_HOST,
		.permits =
			"mount, namespaces, quotas, swap, host name, many devices' ioctls, trusted.* "
			"attributes, and hundreds of things that got no capability of their own; BPF, "
			"PERFMON, SYSLOG's and CHECKPOINT_RESTORE's too on most kernels",
		.why = "it mounts the host's disk; it is root under another name",
		.checked =
			"in more places than any other. By far most are memory overcommit (brk, mmap, fork, "
			"exec: cap_vm_enough_memory), where nothing changes without it",
		.needed_by =
			"mount, container runtimes, systemd, storage tools; far fewer programs than ask for "
			"it",
		.better =
			"the narrow one: CAP_BPF, CAP_PERFMON, CAP_SYSLOG, CAP_CHECKPOINT_RESTORE; "
			"no_new_privs before a seccomp filter; CAP_SYS_NICE for I/O priority; a user "
			"namespace for unprivileged mounts",
	},
	[CAP_SYS_BOOT] = {
		.since = "2.2", .level = FACT_ROOT, .dangers = FACT_EQUALS_ROOT | FACT_KERNEL | FACT_HOST,
		.permits = "reboot() and kexec_load()",
		.why =
			"kexec starts a kernel of one's own; a reboot stops the host (inside a pid "
			"namespace only that namespace)",
		.checked = "reboot, kexec_load, kexec_file_load",
		.needed_by = "init, kexec-tools",
		.better = "ask systemd-logind",
	},
	[CAP_SYS_NICE] = {
		.since = "2.2", .level = FACT_LOW, .dangers = FACT_HOST,
		.permits =
			"lower nice values, real-time scheduling, CPU affinity and I/O priority of any "
			"process, move any process's pages",
		.why = "a real-time loop keeps every other process off a CPU",
		.checked =
			"setpriority, sched_setscheduler, sched_setattr, ioprio_set, sched_setaffinity of "
			"others, mbind with MPOL_MF_MOVE_ALL",
		.needed_by = "audio servers, chrony and ntpd, hypervisors, databases that bind memory",
		.better = "limits: LimitRTPRIO= and LimitNICE= or Nice= in systemd; rtkit on desktops",
	},
	[CAP_SYS_RESOURCE] = {
		.since = "2.2", .level = FACT_MODERATE, .dangers = FACT_HOST,
		.permits =
			"exceed quotas, reserved disk space, limits on processes, pipes and queues; raise "
			"hard resource limits; lower oom_score_adj",
		.why = "it uses the host up, and makes itself the last that is killed for it",
		.checked =
			"setrlimit above the hard limit, prlimit of others, RLIMIT_NPROC and pipe sizes "
			"only beyond the limit, ext4 only when nearly full, oom_score_adj below what was set",
		.needed_by = "container runtimes, databases that raise their own limits when they start",
		.better =
			"the limits where the service is started: LimitNOFILE= and its kin, --ulimit in "
			"Docker, OOMScoreAdjust=",
	},
	[CAP_SYS_TIME] = {
		.since = "2.2", .level = FACT_MODERATE, .dangers = FACT_HOST | FACT_HIDES,
		.permits = "set the system clock and the hardware clock",
		.why =
			"wrong time breaks certificates, tickets and logs; the clock is one for all "
			"containers",
		.checked =
			"settimeofday, clock_settime, adjtimex that changes something (cap_settime), "
			"RTC_SET_TIME",
		.needed_by = "chrony, ntpd, systemd-timesyncd, hwclock",
		.better = "one time service on the host, and none in containers",
	},
	[CAP_SYS_TTY_CONFIG] = {
		.since = "2.2", .level = FACT_MODERATE, .dangers = FACT_PROCESSES,
		.permits = "vhangup(), and change virtual terminals that are not one's own",
		.why = "another keyboard map turns what an administrator types into something else",
		.checked =
			"vhangup; every ioctl on a virtual terminal that is not the caller's own, whether "
			"it needs it or not (vt_ioctl)",
		.needed_by = "getty, login, X servers, setfont and loadkeys",
		.better = "systemd-logind hands out the devices",
	},
	[CAP_MKNOD] = {
		.since = "2.4", .level = FACT_HIGH, .dangers = FACT_ESCAPE | FACT_READS | FACT_WRITES,
		.permits = "make device nodes",
		.why = "a node for the disk gives the whole disk, where no device cgroup forbids to open it",
		.checked =
			"mknod() of a block or character device (vfs_mknod); not for pipes, sockets, "
			"overlayfs whiteouts",
		.needed_by = "udev, container runtimes, tools that build images and initramfs",
		.better =
			"leave it out, as programs in containers do not need it: devices are given with "
			"--device, or /dev is bind-mounted",
	},
	[CAP_LEASE] = {
		.since = "2.4", .level = FACT_LOW, .dangers = FACT_HOST,
		.permits = "take a lease (F_SETLEASE) on files of others",
		.why = "it holds up everybody who opens the file, for /proc/sys/fs/lease-break-time",
		.checked = "fcntl(F_SETLEASE), where the file is not the caller's",
		.needed_by = "Samba",
		.better = "leave it out",
	},
	[CAP_AUDIT_WRITE] = {
		.since = "2.6.11", .level = FACT_LOW, .dangers = FACT_HIDES,
		.permits = "write records of one's own to the audit log",
		.why = "false records hide true ones, or fill the log",
		.checked =
			"netlink messages of user types (audit_netlink_ok in audit_receive_msg); the "
			"sending itself says ok, the refusal is in the answer",
		.needed_by =
			"PAM: login, sshd, su, sudo, cron, useradd; most go on without it, some refuse to "
			"work",
		.better = "leave it out where nobody logs in; try it: sshd and sudo may fail",
	},
	[CAP_AUDIT_CONTROL] = {
		.since = "2.6.11", .level = FACT_HIGH, .dangers = FACT_HIDES,
		.permits = "switch auditing on and off, change its rules, set the login user id",
		.why = "it switches the audit off",
		.checked = "netlink messages of audit (audit_netlink_ok), /proc/self/loginuid once it is set",
		.needed_by = "auditd, auditctl, systemd (pam_loginuid)",
		.better = "leave it to the host",
	},
	[CAP_SETFCAP] = {
		.since = "2.6.24", .level = FACT_ROOT, .dangers = FACT_EQUALS_ROOT,
		.permits =
			"put capabilities on files; since 5.12 map user 0 of the outer namespace into a new "
			"user namespace",
		.why =
			"a file with every capability and an exec make its holder root, as far as the "
			"bounding set goes",
		.checked =
			"setxattr of security.capability (cap_convert_nscap) and its removal; uid_map with "
			"0 in it",
		.needed_by = "setcap, package managers, image builders",
		.better = "do it when the image or package is built",
	},
	[CAP_MAC_OVERRIDE] = {
		.since = "2.6.25", .level = FACT_HIGH, .dangers = FACT_READS | FACT_WRITES,
		.permits = "be exempt from Smack's rules; elsewhere hardly anything",
		.why = "it takes away the second wall behind the modes, where that is Smack",
		.checked = "Smack; AppArmor in one place (apparmor_restrict_unprivileged_unconfined)",
		.needed_by = "system services of Tizen and the like",
		.better = "leave it out where Smack is not used",
	},
	[CAP_MAC_ADMIN] = {
		.since = "2.6.25", .level = FACT_HIGH, .dangers = FACT_HIDES | FACT_WRITES,
		.permits =
			"change the policy of Smack and AppArmor; with SELinux set and read labels that the "
			"policy does not know",
		.why = "it takes every confinement away that AppArmor made",
		.checked =
			"loading and removing profiles (aa_may_manage_policy), Smack's rules and labels, "
			"SELinux for unknown labels",
		.needed_by = "apparmor_parser, snapd, container runtimes that load profiles",
		.better = "load the profiles on the host",
	},
	[CAP_SYSLOG] = {
		.since = "2.6.37", .level = FACT_MODERATE, .dangers = FACT_READS,
		.permits =
			"read and clear the kernel's log where kernel.dmesg_restrict is set; see kernel "
			"addresses where kernel.kptr_restrict is 1",
		.why = "the addresses undo the randomisation that exploits must defeat",
		.checked =
			"syslog(2) and /dev/kmsg (check_syslog_permissions, devkmsg_open), /proc/kallsyms, "
			"where zeros are shown without it (kallsyms_show_value)",
		.needed_by =
			"syslogd, journald, dmesg where it is restricted, perf and BPF tools for symbols",
		.better = "read the log through the journal, as a member of its group",
	},
	[CAP_WAKE_ALARM] = {
		.since = "3.0", .level = FACT_LOW, .dangers = FACT_HOST,
		.permits = "set timers that wake the machine up (CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM)",
		.why = "it empties a battery",
		.checked = "timer_create and timerfd_create with these clocks",
		.needed_by = "systemd units with WakeSystem=, alarm clocks, backup on sleeping machines",
		.better = "a systemd timer with WakeSystem=yes",
	},
	[CAP_BLOCK_SUSPEND] = {
		.since = "3.5", .level = FACT_LOW, .dangers = FACT_HOST,
		.permits = "keep the machine from going to sleep (EPOLLWAKEUP, /sys/power/wake_lock)",
		.why = "it empties a battery",
		.checked =
			"epoll_ctl with EPOLLWAKEUP, which is silently taken away without it; "
			"/sys/power/wake_lock",
		.needed_by = "Android; programs built on libraries that try it",
		.better = "systemd-inhibit",
	},
	[CAP_AUDIT_READ] = {
		.since = "3.16", .level = FACT_MODERATE, .dangers = FACT_READS,
		.permits = "read the audit log from a multicast netlink socket",
		.why = "it reads command lines and file names of everybody",
		.checked = "joining the multicast group of audit (audit_multicast_bind)",
		.needed_by = "journald and other collectors",
		.better = "read what auditd or the journal has written",
	},
	[CAP_PERFMON] = {
		.since = "5.8", .level = FACT_HIGH, .dangers = FACT_READS | FACT_KERNEL,
		.permits =
			"perf events of all processes and of the kernel, BPF programs that read kernel "
			"memory",
		.why = "it reads the kernel's memory, and so everybody's secrets; it changes nothing",
		.checked =
			"perf_event_open beyond kernel.perf_event_paranoid (CAP_SYS_ADMIN does too), "
			"loading of tracing BPF programs, pointers in the verifier",
		.needed_by = "perf, bpftrace, profilers, capsieve",
		.better = "a higher bound in kernel.perf_event_paranoid for one's own processes",
	},
	[CAP_BPF] = {
		.since = "5.8", .level = FACT_HIGH, .dangers = FACT_KERNEL,
		.permits =
			"load BPF programs of most types and make all types of maps; tracing takes "
			"CAP_PERFMON too, networking CAP_NET_ADMIN",
		.why =
			"it reaches the verifier, where mistakes mean code in the kernel; it reads the maps "
			"of others by their ids only with CAP_SYS_ADMIN",
		.checked =
			"bpf() for nearly everything where kernel.unprivileged_bpf_disabled is set "
			"(bpf_capable: CAP_SYS_ADMIN does too); socket filters and seccomp ask only how to "
			"harden the code",
		.needed_by = "bpftrace, bcc, Cilium, systemd for its own filters, capsieve",
		.better = "a BPF token from the host (6.9)",
	},
	[CAP_CHECKPOINT_RESTORE] = {
		.since = "5.9", .level = FACT_MODERATE, .dangers = FACT_PROCESSES,
		.permits =
			"choose process ids (clone3 set_tid, ns_last_pid), read /proc/PID/map_files of "
			"others, change one's own executable link",
		.why =
			"it opens files through others' mappings, and takes the ids of processes that have "
			"ended",
		.checked =
			"clone3 with set_tid, ns_last_pid, map_files, PR_SET_MM_EXE_FILE "
			"(checkpoint_restore_ns_capable: CAP_SYS_ADMIN does too)",
		.needed_by = "CRIU, Java's CRaC",
		.better = "leave it out where nothing is checkpointed",
	},
};
_Static_assert(sizeof(facts) / sizeof(facts[0]) == CAPABILITY_COUNT, "a row for each capability");

static const char *const levels[] = {
	[FACT_LOW] = "low",
	[FACT_MODERATE] = "moderate",
	[FACT_HIGH] = "high",
	[FACT_ROOT] = "as good as root",
};
_Static_assert(sizeof(levels) / sizeof(levels[0]) == FACT_LEVELS, "a word for each level");

static const char *const dangers[] = {
	"equals root",
	"reaches into the kernel",
	"leaves a container",
	"reads anything",
	"changes any file",
	"takes hold of others' processes",
	"takes hold of the network",
	"stops or uses up the host",
	"falsifies what is logged",
};
_Static_assert(sizeof(dangers) / sizeof(dangers[0]) == FACT_DANGERS, "words for each danger");

const struct fact *fact_of(unsigned nr)
{
	return nr < CAPABILITY_COUNT ? &facts[nr] : NULL;
}

const char *fact_level_name(enum fact_level level)
{
	return levels[level];
}

const char *fact_danger_name(unsigned bit)
{
	return bit < FACT_DANGERS ? dangers[bit] : NULL;
}

uint64_t fact_roots(uint64_t set)
{
	uint64_t roots = 0;

	for (unsigned nr = 0; nr < CAPABILITY_COUNT; nr++)
		if (facts[nr].level == FACT_ROOT)
			roots |= 1ULL << nr;
	return roots & set;
}

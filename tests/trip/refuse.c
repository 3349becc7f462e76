// SPDX-License-Identifier: BSD-2-Clause
/*
 * A check that the capability module allows and another security module refuses: chroot, by a task that a BPF program
 * on the hook "capable" knows by its name. Prints {"pid":N,"tid":N}; exit 77, with the reason, where there is no BPF
 * security module or none may be attached.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { SKIPPED = 77, COMM = 16 };

static const char name[8] = "refused";

/* Is it one of the security modules? A program on the hook would attach all the same, and never be asked. */
static int is_active(void)
{
	char list[256] = "";
	int fd = open("/sys/kernel/security/lsm", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, list, sizeof(list) - 1) < 0)
		return 0;
	close(fd);
	return strstr(list, "bpf") != NULL;
}

/* return comm is name ? -EPERM : 0 */
static int load(int btf_id)
{
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_LSM_MAC,
		    .attach_btf_id = (__u32)btf_id);
	__u32 half[2];

	memcpy(half, name, sizeof(half));
	const struct bpf_insn program[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_1, .src_reg = BPF_REG_10},
		{.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_1, .imm = -COMM},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2, .imm = COMM},
		{.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_comm},
		{.code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = BPF_REG_3, .src_reg = BPF_REG_10, .off = -COMM},
		{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_4, .imm = (__s32)half[0]},
		{.imm = (__s32)half[1]},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
		{.code = BPF_JMP | BPF_JNE | BPF_X, .dst_reg = BPF_REG_3, .src_reg = BPF_REG_4, .off = 1},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -EPERM},
		{.code = BPF_JMP | BPF_EXIT},
	};

	return bpf_prog_load(BPF_PROG_TYPE_LSM, "refuse", "GPL", program, sizeof(program) / sizeof(program[0]),
			     &opts);
}

static int skip(const char *why, int err)
{
	printf("refuse: %s%s%s\n", why, err ? ": " : "", err ? strerror(-err) : "");
	return SKIPPED;
}

int main(void)
{
	int id, prog, link;

	libbpf_set_print(NULL);
	if (!is_active())
		return skip("BPF is not one of the security modules", 0);
	id = libbpf_find_vmlinux_btf_id("capable", BPF_LSM_MAC);
	if (id < 0)
		return skip("the hook is not in the kernel's types", id);
	prog = load(id);
	if (prog < 0)
		return skip("the program is refused", prog);
	link = bpf_raw_tracepoint_open(NULL, prog);
	if (link < 0)
		return skip("the program cannot be attached", link);
	prctl(PR_SET_NAME, name);
	if (!chroot("/") || errno != EPERM) {
		fprintf(stderr, "refuse: the chroot was not refused\n");
		return 1;
	}
	printf("{\"pid\":%d,\"tid\":%d}\n", getpid(), getpid());
	return 0;
}

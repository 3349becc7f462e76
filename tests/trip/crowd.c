// SPDX-License-Identifier: BSD-2-Clause
/*
 * Fills a function of the kernel with programs until no more may be attached to it, and runs a command meanwhile: its
 * exit status; 77, with the reason, where the function cannot be had.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SKIPPED = 77, TRIES = 200 };

static int skip(const char *why, int err)
{
	printf("crowd: %s: %s\n", why, strerror(err));
	return SKIPPED;
}

/* One that does nothing, before the function: no program may be there twice. */
static int attach(int btf_id)
{
	static const struct bpf_insn nothing[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = (__u32)btf_id);
	int prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "crowd", "GPL", nothing,
				 sizeof(nothing) / sizeof(nothing[0]), &opts);
	int link = prog < 0 ? prog : bpf_raw_tracepoint_open(NULL, prog);

	if (link < 0)
		link = -errno;
	if (prog >= 0)
		close(prog);
	return link;
}

static int run(char **command)
{
	pid_t child = fork();
	int status;

	if (!child) {
		execvp(command[0], command);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	int id, link = 0, many = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: crowd FUNCTION COMMAND...\n");
		return 2;
	}
	libbpf_set_print(NULL);
	id = libbpf_find_vmlinux_btf_id(argv[1], BPF_TRACE_FENTRY);
	if (id < 0)
		return skip("the function is not in the kernel's types", -id);
	while (many < TRIES && link >= 0) {
		link = attach(id);
		many += link >= 0;
	}
	if (link != -E2BIG)
		return skip("the function is not full", -link);
	return run(argv + 2);
}

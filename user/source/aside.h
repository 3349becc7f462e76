/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A program that is loaded on another CPU while libbpf loads the next ones of its object: to verify one takes
 * milliseconds, and libbpf goes through them one by one. What libbpf itself loads in its place does nothing.
 */
#pragma once

#include <bpf/bpf.h>
#include <pthread.h>
#include <stdbool.h>

struct aside {
	int handler;		/* of libbpf; not positive: none */
	bool off;		/* libbpf is to load it: so its words are heard where it fails */
	bool begun;
	pthread_t thread;
	int fd;			/* negative errno: it was refused */
	enum bpf_prog_type type;
	char name[BPF_OBJ_NAME_LEN];
	void *insns, *functions;	/* ours: libbpf frees its own */
	size_t count;
	struct bpf_prog_load_opts opts;
};

/*
 * Before the object is opened: of this section, without '?', the one program is of this type. *a must be zeroed, but for
 * .off, and stay where it is until aside_done. Not to be called by two threads.
 */
void aside_tell(struct aside *a, const char *section, enum bpf_prog_type type);

/* After the object was loaded, or was not: its descriptor, the caller's; -ENOENT: libbpf loaded it; else negative errno. */
int aside_await(struct aside *a);

/* Waits as well, and forgets all of it but .off. Safe when zeroed. */
void aside_done(struct aside *a);

// SPDX-License-Identifier: BSD-2-Clause
/*
 * Attaches one of floor.bpf.c's programs until SIGTERM or SIGINT: floor PROBE ACTION [-p]
 *
 * PROBE is fexit, tp_btf, tp or kprobe, ACTION empty, count or record. Once attached it says "ready" on standard error;
 * at the end "seen=N lost=N". With -p each record becomes a line on standard output, without it is only counted.
 * Exits with 77 where this kernel refuses the program.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/floor.h"

#include "floor.skel.h"

enum { NAP_US = 1000, MAX_CPUS = 4096 };

static volatile sig_atomic_t ended;
static bool print_records;
static unsigned long long received;

static void on_signal(int signo)
{
	(void)signo;
	ended = 1;
}

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level, (void)format, (void)args;
	return 0;
}

static int on_record(void *ctx, void *data, size_t size)
{
	const struct floor_record *r = data;

	(void)ctx, (void)size;
	received++;
	if (print_records)
		printf("%llu %u %u %s\n", r->time, r->tid, r->cap, r->denied ? "denied" : "allowed");
	return 0;
}

static int refused(const char *what, int err)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(err < 0 ? -err : err));
	return 77;
}

/* The program of this probe and action, alone in what is loaded; the kprobe pair has an entry program beside it. */
static struct bpf_program *choose(struct floor_bpf *skel, const char *probe, const char *action,
				  struct bpf_program **ret_entry)
{
	bool pair = !strcmp(probe, "kprobe");
	struct bpf_program *program;
	char name[32];

	snprintf(name, sizeof(name), "%s_%s", pair ? "kretprobe" : probe, action);
	program = bpf_object__find_program_by_name(skel->obj, name);
	if (!program)
		return NULL;
	bpf_program__set_autoload(program, true);
	*ret_entry = pair ? skel->progs.kprobe_entry : NULL;
	if (pair)
		bpf_program__set_autoload(skel->progs.kprobe_entry, true);
	return program;
}

/* The sum over all CPUs. */
static unsigned long long counter(struct floor_bpf *skel, unsigned int which)
{
	static unsigned long long values[MAX_CPUS];
	unsigned long long sum = 0;
	int cpus = libbpf_num_possible_cpus();

	if (cpus > MAX_CPUS || bpf_map_lookup_elem(bpf_map__fd(skel->maps.counters), &which, values))
		return 0;
	for (int i = 0; i < cpus; i++)
		sum += values[i];
	return sum;
}

static void listen_until_ended(struct ring_buffer *records)
{
	while (!ended) {
		ring_buffer__consume(records);
		if (print_records)
			fflush(stdout);
		usleep(NAP_US);
	}
	ring_buffer__consume(records);
}

static int run(const char *probe, const char *action)
{
	struct floor_bpf *skel = floor_bpf__open();
	struct bpf_program *program, *entry;
	struct ring_buffer *records;
	int err;

	if (!skel)
		return refused("open", errno);
	program = choose(skel, probe, action, &entry);
	if (!program) {
		fprintf(stderr, "floor: there is no %s on %s\n", action, probe);
		return 2;
	}
	err = floor_bpf__load(skel);
	if (err)
		return refused("load", err);
	records = ring_buffer__new(bpf_map__fd(skel->maps.ring), on_record, NULL, NULL);
	if (!records)
		return refused("ring", errno);
	/* The other way round a return would be looked for that was never entered. */
	if (!bpf_program__attach(program) || (entry && !bpf_program__attach(entry)))
		return refused("attach", errno);
	fputs("ready\n", stderr);
	listen_until_ended(records);
	fprintf(stderr, "seen=%llu lost=%llu\n", counter(skel, FLOOR_SEEN) + received, counter(skel, FLOOR_LOST));
	return 0;
}

int main(int argc, char **argv)
{
	print_records = argc == 4 && !strcmp(argv[3], "-p");
	if (argc != 3 && !print_records) {
		fputs("usage: floor fexit|tp_btf|tp|kprobe empty|count|record [-p]\n", stderr);
		return 2;
	}
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	libbpf_set_print(silent);
	return run(argv[1], argv[2]);
}

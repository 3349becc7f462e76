/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/enrich/sites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/buf.h"
#include "user/base/index.h"
#include "user/caps/site.h"
#include "user/caps/syscalls.h"
#include "user/host/kallsyms.h"
#include "user/model/record.h"

enum {
	STACKS_MAX = 4096,	/* then all is forgotten, and found again */
	ANSWERS_MAX = 16384,
	LEAD_MAX = 7,		/* frames of the probe itself */
	NAMES_MAX = 10,		/* behind them */
};

/* New stacks become rare soon, and the table of names is megabytes. */
#define REST_NS 60000000000ULL

/* The addresses of an event, and what they are called: NULL, nothing could be named. */
struct stack_key {
	uint64_t frame[SITE_FRAMES];
};

/* A check as far as its class goes. Of a stack that came by name, by what it reads as. */
struct answer_key {
	uint64_t stack[2];
	uint64_t argument;
	uint32_t flags;
	int32_t cap, syscall;
	uint32_t reserved;
};

struct sites {
	struct kallsyms *symbols;	/* NULL: none, and .error says why */
	int error;
	struct syscalls *syscalls;
	struct index stacks;		/* struct stack_key */
	struct buf texts;		/* char * of each */
	struct index answers;		/* struct answer_key */
	struct buf answered;		/* struct answer of each */
	struct site scratch;		/* where there is no room to keep it */
};

struct answer {
	char *stack;			/* owned: its site points into it; NULL: unknown */
	struct site site;
};

/* What decides on a class, of what a check's flags say. */
#define CLASS_FLAGS (CHECK_SYSCALL_KNOWN | CHECK_ABI_32 | CHECK_ABI_X32 | CHECK_OVERCOMMIT | CHECK_CRED_OVERRIDDEN | \
		     CHECK_VIA_OWNER | CHECK_DENIED | CHECK_SAME_IDS)

/* ---- names ----------------------------------------------------------------------------------------------------- */

/* Where the frames of the probe end: behind cap_capable, which a trampoline may have left already. */
static bool is_of_probe(const struct kallsyms_name *name)
{
	static const char *const prefixes[] = {
		"bpf_", "__bpf_", "__traceiter_", "perf_", "trace_", "kprobe_", "ftrace_", "__kprobe", "aggr_pre_handler",
		"optimized_callback", "opt_pre_handler", "asm_exc_int3", "exc_int3", "do_int3", "arch_rethook", "rethook_",
		"asm_exc_", "int3",
	};

	if (!strcmp(name->module, "bpf") || !strcmp(name->module, "__builtin__ftrace") ||
	    !strcmp(name->module, "__builtin__kprobes"))
		return true;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(name->name, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

/* A return address may be the first of the next function: the call stands before it. The first frame is no return. */
static bool name_frame(struct sites *s, const struct stack_key *key, int i, struct kallsyms_name *ret)
{
	return key->frame[i] && kallsyms_find(s->symbols, key->frame[i] - (i ? 1 : 0), ret);
}

/* The first frame behind the probe's own. */
static int first_frame(struct sites *s, const struct stack_key *key)
{
	struct kallsyms_name name;
	int first = 0;

	for (int i = 0; i < LEAD_MAX; i++) {
		if (!name_frame(s, key, i, &name))
			continue;
		if (!strcmp(name.name, "cap_capable"))
			return i + 1;
	}
	while (first < LEAD_MAX && key->frame[first] && (!name_frame(s, key, first, &name) || is_of_probe(&name)))
		first++;
	return first;
}

static void put_frame(struct buf *b, const struct kallsyms_name *name)
{
	if (b->len)
		buf_putc(b, ' ');
	buf_puts(b, name ? name->name : "?");
	if (!name)
		return;
	if (*name->module)
		buf_printf(b, "[%s]", name->module);
}

/* The whole stack in words, "?" for what has no name; NULL where nothing has one. */
static char *words_of(struct sites *s, const struct stack_key *key)
{
	int first = first_frame(s, key);
	struct buf text = BUF_INIT;
	struct kallsyms_name name;
	bool named = false;
	char *words;

	for (int i = first; i < SITE_FRAMES && i < first + NAMES_MAX && key->frame[i]; i++) {
		bool known = name_frame(s, key, i, &name);

		put_frame(&text, known ? &name : NULL);
		named |= known;
	}
	words = named ? strdup(buf_str(&text)) : NULL;
	buf_done(&text);
	return words;
}

/* ---- what is kept ---------------------------------------------------------------------------------------------- */

static void forget_stacks(struct sites *s)
{
	char **texts = (char **)(void *)s->texts.data;

	for (size_t i = 0; i < s->texts.len / sizeof(*texts); i++)
		free(texts[i]);
	buf_clear(&s->texts);
	index_clear(&s->stacks);
}

static void forget_answers(struct sites *s)
{
	struct answer *answers = (void *)s->answered.data;

	for (size_t i = 0; i < s->answered.len / sizeof(*answers); i++)
		free(answers[i].stack);
	buf_clear(&s->answered);
	index_clear(&s->answers);
}

struct sites *sites_new(const char *proc)
{
	struct sites *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	index_init(&s->stacks, sizeof(struct stack_key));
	index_init(&s->answers, sizeof(struct answer_key));
	s->syscalls = syscalls_new();
	if (!s->syscalls) {
		sites_free(s);
		return NULL;
	}
	s->error = proc ? kallsyms_open(proc, &s->symbols) : -ENODATA;
	return s;
}

void sites_free(struct sites *s)
{
	if (!s)
		return;
	forget_stacks(s);
	forget_answers(s);
	buf_done(&s->texts);
	buf_done(&s->answered);
	index_done(&s->stacks);
	index_done(&s->answers);
	syscalls_free(s->syscalls);
	kallsyms_close(s->symbols);
	free(s);
}

int sites_shown(const struct sites *s)
{
	return s->symbols ? kallsyms_shown(s->symbols) : s->error;
}

void sites_rest(struct sites *s)
{
	if (s->symbols)
		kallsyms_rest(s->symbols, REST_NS);
}

int sites_set_machine(struct sites *s, const char *machine)
{
	return syscalls_set_machine(s->syscalls, machine);
}

/* ---- stacks ---------------------------------------------------------------------------------------------------- */

static const char *stack_of(struct sites *s, const struct stack_key *key)
{
	uint32_t had, number;
	char *words;

	if (s->stacks.count >= STACKS_MAX)
		forget_stacks(s);
	had = s->stacks.count;
	number = index_put(&s->stacks, key);
	if (number == INDEX_NONE)
		return NULL;
	if (s->stacks.count > had) {
		words = words_of(s, key);
		buf_put(&s->texts, &words, sizeof(words));
		if (s->texts.error) {
			free(words);
			forget_stacks(s);
			return NULL;
		}
	}
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it stands in .texts */
	return ((char **)(void *)s->texts.data)[number];
}

static const char *call_of(struct sites *s, const struct record *r)
{
	uint32_t flags = r->check.head.flags;

	if (!(flags & CHECK_SYSCALL_KNOWN))
		return NULL;
	return syscalls_name(s->syscalls, syscalls_abi(s->syscalls, flags & CHECK_ABI_32, flags & CHECK_ABI_X32),
			     (unsigned)r->check.syscall);
}

void sites_name(struct sites *s, const void *event, size_t size, struct record *r)
{
	struct event_check_site e;
	struct stack_key key;
	const char *call;

	if (!(r->check.head.flags & CHECK_SITE) || size < sizeof(e))
		return;
	memcpy(&e, event, sizeof(e));
	memcpy(key.frame, e.site.frame, sizeof(key.frame));
	r->stack = s->symbols ? stack_of(s, &key) : NULL;
	call = call_of(s, r);
	r->argument = call ? site_argument(call, e.site.arg) : 0;
	r->site_id = e.site.id;
}

/* ---- classes --------------------------------------------------------------------------------------------------- */

/* Two sums over the same bytes, so that no two stacks are taken for one but by malice, which gains nothing here. */
static void sum_stack(const char *stack, uint64_t ret[2])
{
	ret[0] = 14695981039346656037ULL;
	ret[1] = 0;
	for (; *stack; stack++) {
		ret[0] = (ret[0] ^ (unsigned char)*stack) * 1099511628211ULL;
		ret[1] = (ret[1] + (unsigned char)*stack) * 0x9e3779b97f4a7c15ULL;
	}
}

static void find(struct sites *s, const struct record *r, const char *stack, struct site *ret)
{
	uint32_t flags = r->check.head.flags;
	const struct site_query q = {
		.cap = r->check.cap,
		.stack = stack,
		.call = call_of(s, r),
		.argument = r->argument,
		.overcommit = flags & CHECK_OVERCOMMIT,
		.no_need = record_is_no_need(r),
		.same_ids = flags & CHECK_SAME_IDS,
	};

	site_find(&q, ret);
}

/* Kept with a stack of its own: where the record's comes from may be gone when the answer is asked for again. */
static struct site *answer_of(struct sites *s, const struct record *r)
{
	struct answer_key key = {
		.argument = r->argument,
		.flags = r->check.head.flags & CLASS_FLAGS,
		.cap = r->check.cap,
		.syscall = r->check.syscall,
	};
	struct answer a = { 0 };
	uint32_t had, number;

	if (r->stack)
		sum_stack(r->stack, key.stack);
	if (s->answers.count >= ANSWERS_MAX)
		forget_answers(s);
	had = s->answers.count;
	number = index_put(&s->answers, &key);
	if (number != INDEX_NONE && s->answers.count == had)
		return &((struct answer *)(void *)s->answered.data)[number].site;
	a.stack = r->stack ? strdup(r->stack) : NULL;
	if (number != INDEX_NONE && (a.stack || !r->stack)) {
		find(s, r, a.stack, &a.site);
		buf_put(&s->answered, &a, sizeof(a));
		if (!s->answered.error)
			return &((struct answer *)(void *)s->answered.data)[number].site;
	}
	free(a.stack);
	forget_answers(s);
	find(s, r, r->stack, &s->scratch);
	return &s->scratch;
}

static void tell_options(struct record *r, enum site_helper helper)
{
	static const uint32_t options[] = {
		[SITE_AUDITED] = CHECK_OPTS_KNOWN,
		[SITE_NOAUDIT] = CHECK_OPTS_KNOWN | CHECK_NOAUDIT,
		[SITE_SETID] = CHECK_OPTS_KNOWN | CHECK_INSETID,
		[SITE_HELPER_COUNT] = 0,
	};

	if (!(r->check.head.flags & CHECK_OPTS_KNOWN))
		r->check.head.flags |= options[helper];
}

void sites_class(struct sites *s, struct record *r)
{
	const struct site *site = answer_of(s, r);

	r->site = site;
	tell_options(r, site->helper);
}

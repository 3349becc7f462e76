/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/sink/usage.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "user/base/buf.h"
#include "user/base/clock.h"
#include "user/base/index.h"
#include "user/caps/site.h"
#include "user/model/loss.h"
#include "user/model/origins.h"
#include "user/model/outcome.h"
#include "user/model/program.h"
#include "user/model/record.h"
#include "user/model/tally.h"
#include "user/model/usage.h"
#include "user/model/workload.h"
#include "user/sink/call.h"
#include "user/sink/kinds.h"
#include "user/sink/sink.h"
#include "user/sink/words.h"

enum {
	USES_MAX = 1 << 16,	/* then it is handed over, whatever the time */
	DENIALS_MAX = 1 << 14,
	WHOS_MAX = 1 << 14,
	KINDS_MAX = 1 << 17,	/* where it is not said */
	GAPS_MAX = LOSS_COUNT + 1,
};

_Static_assert(SITE_UNCLASSIFIED == 0 && SITE_NEEDED == 1 && SITE_ALTERNATIVE == 2 && SITE_CONDITIONAL == 3 &&
		       SITE_QUALITY == 4 && SITE_ADVISORY == 5 && (int)SITE_CLASS_COUNT < (int)USAGE_FOREIGN,
	       "classes stand in databases by their numbers");

/* Who waits for the name of a container does not wait longer. */
#define NAME_NS 10000000000ULL

/* Of whom; of those without a cgroup, by whatever they are called. */
struct who_key {
	uint64_t id;
	uint64_t named;		/* 1: .id is the number of a word */
};

struct who {
	struct workload *workload;	/* a reference; NULL: unknown */
	uint64_t held, first_ns, last_ns;
	uint64_t met_ns;		/* by CLOCK_MONOTONIC */
};

/* Of a program: a serial is never used again. */
struct run_key {
	uint64_t serial;
};

struct run {
	uint32_t who, exe;
	uint32_t setup;		/* bool: it is what started the workload */
	uint32_t userns;	/* that it was first met in; 0: unknown */
};

struct what_key {
	uint32_t call, operation, site, unused;
};

struct use_key {
	uint32_t who, exe, what;
	int32_t cap;
	uint32_t verdict_class;
	uint32_t hour;
};

struct use_sum {
	uint64_t n, failed, worked, first_ns, last_ns;
	int64_t error;
};

struct denial_key {
	uint32_t who, exe, what;
	int32_t cap;
	uint32_t class, outcome;
	int32_t error;
	uint32_t minute;
};

struct denial_sum {
	uint64_t n, first_ns, last_ns;
	uint32_t pid, uid;
	char comm[USAGE_COMM];
};


struct usage_sink {
	struct sink sink;
	struct usage_options options;
	struct words *words;
	struct origins *origins;
	struct kinds kinds;			/* struct placed of each */
	struct index who_keys, run_keys, what_keys, use_keys, denial_keys;
	struct buf whos, runs, use_sums, denial_sums;	/* by the numbers of the keys */
	struct loss lost;
	uint64_t not_kept;			/* checks that could not be handed over */
	uint64_t began_ns, until_ns;		/* of what is gathered */
	uint64_t over_ns;		/* CLOCK_MONOTONIC: what is gathered is handed over at the first turn after that */
};

/* What is known of a kind that is counted; its words are its own, for those of a batch end with it. */
struct placed {
	const struct site_row *row;
	const char *operation;
	uint64_t class;
};

static struct usage_sink *of(struct sink *s)
{
	return (struct usage_sink *)s;
}

static void init_tables(struct usage_sink *u)
{
	index_init(&u->who_keys, sizeof(struct who_key));
	index_init(&u->run_keys, sizeof(struct run_key));
	index_init(&u->what_keys, sizeof(struct what_key));
	index_init(&u->use_keys, sizeof(struct use_key));
	index_init(&u->denial_keys, sizeof(struct denial_key));
}

static struct who *who_at(const struct usage_sink *u, uint32_t i)
{
	return (struct who *)u->whos.data + i;
}

static void clear_tables(struct usage_sink *u)
{
	for (uint32_t i = 0; i < u->who_keys.count; i++)
		workload_unref(who_at(u, i)->workload);
	index_clear(&u->who_keys);
	index_clear(&u->run_keys);
	index_clear(&u->what_keys);
	index_clear(&u->use_keys);
	index_clear(&u->denial_keys);
	buf_clear(&u->whos);
	buf_clear(&u->runs);
	buf_clear(&u->use_sums);
	buf_clear(&u->denial_sums);
	words_clear(u->words);
}

/* The number of a row, and room for its value behind the others: zeroed where it is new. NULL: out of memory. */
static void *put(struct index *keys, const void *key, struct buf *values, size_t size, uint32_t *ret)
{
	const uint32_t had = keys->count, at = index_put(keys, key);

	if (at == INDEX_NONE)
		return NULL;
	if (at == had) {
		char *room = buf_room(values, size);

		if (!room)
			return NULL;
		memset(room, 0, size);
		values->len += size;
	}
	*ret = at;
	return values->data + at * size;
}

/* ---- handing over -------------------------------------------------------------------------------------------------- */

static size_t list_gaps(const struct usage_sink *u, struct usage_gap gaps[static GAPS_MAX])
{
	size_t n = 0;

	for (int cause = 0; cause < LOSS_COUNT; cause++)
		if (u->lost.by_cause[cause] && cause != LOSS_LIFECYCLE)
			gaps[n++] = (struct usage_gap){ u->began_ns, u->until_ns, u->lost.by_cause[cause],
							loss_name((enum loss_cause)cause) };
	if (u->not_kept)
		gaps[n++] = (struct usage_gap){ u->began_ns, u->until_ns, u->not_kept, USAGE_NOT_STORED };
	return n;
}

/* The rows as the batch has them. */
struct lists {
	struct usage_who *whos;
	const char **exes;
	struct usage_what *whats;
	struct usage *uses;
	struct usage_denial *denials;
};

static void list_names(const struct usage_sink *u, struct lists *l)
{
	for (uint32_t i = 0; i < u->who_keys.count; i++) {
		const struct who *w = who_at(u, i);

		l->whos[i] = (struct usage_who){ w->workload, w->held, w->first_ns, w->last_ns };
	}
	for (uint32_t i = 0; i < words_count(u->words); i++)
		l->exes[i] = words_at(u->words, i);
	for (uint32_t i = 0; i < u->what_keys.count; i++) {
		const struct what_key *k = index_row(&u->what_keys, i);

		l->whats[i] = (struct usage_what){ words_at(u->words, k->call), words_at(u->words, k->operation),
						   words_at(u->words, k->site) };
	}
}

static void list_uses(const struct usage_sink *u, struct usage *uses)
{
	for (uint32_t i = 0; i < u->use_keys.count; i++) {
		const struct use_key *k = index_row(&u->use_keys, i);
		const struct use_sum *s = (const struct use_sum *)u->use_sums.data + i;

		uses[i] = (struct usage){
			.who = k->who, .exe = k->exe, .what = k->what, .cap = k->cap,
			.denied = k->verdict_class & 1, .class = (uint8_t)(k->verdict_class >> 1), .hour = k->hour,
			.n = s->n, .failed = s->failed, .worked = s->worked, .error = (int32_t)s->error,
			.first_ns = s->first_ns, .last_ns = s->last_ns,
		};
	}
}

static void list_denials(const struct usage_sink *u, struct usage_denial *denials)
{
	for (uint32_t i = 0; i < u->denial_keys.count; i++) {
		const struct denial_key *k = index_row(&u->denial_keys, i);
		const struct denial_sum *s = (const struct denial_sum *)u->denial_sums.data + i;

		denials[i] = (struct usage_denial){
			.who = k->who, .exe = k->exe, .what = k->what, .cap = k->cap, .class = (uint8_t)k->class,
			.outcome = (uint8_t)k->outcome, .error = k->error, .minute = k->minute, .n = s->n,
			.first_ns = s->first_ns, .last_ns = s->last_ns, .pid = s->pid, .uid = s->uid,
		};
		memcpy(denials[i].comm, s->comm, sizeof(s->comm));
	}
}

static int hand_lists(struct usage_sink *u, struct lists *l)
{
	struct usage_gap gaps[GAPS_MAX];
	struct usage_batch batch = {
		.who_count = u->who_keys.count,
		.exe_count = words_count(u->words),
		.what_count = u->what_keys.count,
		.use_count = u->use_keys.count,
		.denial_count = u->denial_keys.count,
		.gaps = gaps,
		.gap_count = list_gaps(u, gaps),
		.until_ns = u->until_ns,
	};

	l->whos = calloc(batch.who_count + 1, sizeof(*l->whos));
	l->exes = calloc(batch.exe_count + 1, sizeof(*l->exes));
	l->whats = calloc(batch.what_count + 1, sizeof(*l->whats));
	l->uses = calloc(batch.use_count + 1, sizeof(*l->uses));
	l->denials = calloc(batch.denial_count + 1, sizeof(*l->denials));
	if (!l->whos || !l->exes || !l->whats || !l->uses || !l->denials)
		return -ENOMEM;
	list_names(u, l);
	list_uses(u, l->uses);
	list_denials(u, l->denials);
	batch.whos = l->whos;
	batch.exes = l->exes;
	batch.whats = l->whats;
	batch.uses = l->uses;
	batch.denials = l->denials;
	return u->options.take(u->options.ctx, &batch);
}

static uint64_t gathered(const struct usage_sink *u)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < u->use_keys.count; i++)
		n += ((const struct use_sum *)u->use_sums.data)[i].n;
	return n;
}

static void hand_over(struct usage_sink *u)
{
	struct lists l = { NULL, NULL, NULL, NULL, NULL };

	if (hand_lists(u, &l)) {
		u->not_kept += gathered(u);
	} else {
		u->not_kept = 0;
		u->lost = (struct loss){ { 0 } };
		u->began_ns = u->until_ns;
	}
	free(l.whos);
	free(l.exes);
	free(l.whats);
	free(l.uses);
	free(l.denials);
	clear_tables(u);
	u->over_ns = clock_ns(CLOCK_MONOTONIC) + u->options.interval_ns;
	if (u->kinds.index.count >= u->kinds.max)
		kinds_clear(&u->kinds);
}

static bool is_full(const struct usage_sink *u)
{
	return u->use_keys.count >= USES_MAX || u->denial_keys.count >= DENIALS_MAX || u->who_keys.count >= WHOS_MAX ||
	       words_bytes(u->words) > 16 << 20;
}

/* ---- whose ----------------------------------------------------------------------------------------------------------- */

static int find_who(struct usage_sink *u, const struct program *p, uint32_t *ret)
{
	struct workload *w = p ? p->workload : NULL;
	struct who_key key = { w ? w->cgroup_id : 0, 0 };
	struct buf name = BUF_INIT;
	struct who *who;

	if (!key.id) {
		if (w)
			workload_put_key(&name, w);
		key = (struct who_key){ words_put(u->words, buf_str(&name)), 1 };
		buf_done(&name);
		if (key.id == WORDS_NONE)
			return -ENOMEM;
	}
	who = put(&u->who_keys, &key, &u->whos, sizeof(*who), ret);
	if (!who)
		return -ENOMEM;
	if (who->met_ns)
		return 0;
	who->met_ns = clock_ns(CLOCK_MONOTONIC);
	who->workload = workload_ref(w);
	return w && !who->workload ? -ENOMEM : 0;
}

/* A program that is another one now has another serial. */
static int find_run(struct usage_sink *u, const struct program *p, struct run *ret)
{
	const struct run_key key = { p ? p->serial : 0 };
	const uint32_t had = u->run_keys.count;
	uint32_t at;
	struct run *run;
	int err;

	run = put(&u->run_keys, &key, &u->runs, sizeof(*run), &at);
	if (!run)
		return -ENOMEM;
	if (at == had || (p && !p->serial)) {
		struct run found = {
			.setup = p && origins_of(u->origins, p) & ORIGIN_SETUP,
			.userns = p ? origins_userns(u->origins, p) : 0,
		};

		found.exe = words_put(u->words, p && p->exe ? p->exe : "");
		err = found.exe == WORDS_NONE ? -ENOMEM : find_who(u, p, &found.who);
		if (err)
			return err;
		if (p && !found.setup)
			who_at(u, found.who)->held |= p->permitted;
		*run = found;
	}
	*ret = *run;
	return 0;
}

static void see(struct usage_sink *u, uint32_t number, uint64_t first_ns, uint64_t last_ns)
{
	struct who *who = who_at(u, number);

	if (!who->first_ns || first_ns < who->first_ns)
		who->first_ns = first_ns;
	if (last_ns > who->last_ns)
		who->last_ns = last_ns;
	if (!u->began_ns)
		u->began_ns = first_ns;
	if (last_ns > u->until_ns)
		u->until_ns = last_ns;
}

/* ---- what ------------------------------------------------------------------------------------------------------------ */

static int find_what(struct usage_sink *u, const char *call, const char *operation, const char *site, size_t site_len,
		     uint32_t *ret)
{
	struct what_key key = { words_put(u->words, call), words_put(u->words, operation),
				words_put_n(u->words, site, site_len), 0 };

	if (key.call == WORDS_NONE || key.operation == WORDS_NONE || key.site == WORDS_NONE)
		return -ENOMEM;
	*ret = index_put(&u->what_keys, &key);
	return *ret == INDEX_NONE ? -ENOMEM : 0;
}

/* What tells of a use, of one check or of many. */
struct sight {
	uint32_t who, exe, what;
	int cap;
	bool denied;
	uint32_t class;			/* enum usage_class */
	uint64_t n, failed, worked, first_ns, last_ns;
	int error;
};

static int add_use(struct usage_sink *u, const struct sight *s)
{
	const struct use_key key = { s->who, s->exe, s->what, s->cap, s->class << 1 | s->denied,
				     (uint32_t)(s->last_ns / USAGE_HOUR_NS) };
	uint32_t at;
	struct use_sum *sum = put(&u->use_keys, &key, &u->use_sums, sizeof(*sum), &at);

	if (!sum)
		return -ENOMEM;
	sum->n += s->n;
	sum->failed += s->failed;
	sum->worked += s->worked;
	if (s->error)
		sum->error = s->error;
	if (!sum->first_ns || s->first_ns < sum->first_ns)
		sum->first_ns = s->first_ns;
	if (s->last_ns > sum->last_ns)
		sum->last_ns = s->last_ns;
	see(u, s->who, s->first_ns, s->last_ns);
	return 0;
}

static enum outcome outcome_of_sight(const struct sight *s)
{
	if (s->failed)
		return OUTCOME_FAILED;
	return s->worked ? OUTCOME_WORKED : OUTCOME_UNKNOWN;
}

/* r: an example. */
static int add_denial(struct usage_sink *u, const struct sight *s, const struct record *r)
{
	const enum outcome outcome = r->parts & RECORD_OUTCOME ? (enum outcome)r->outcome : outcome_of_sight(s);
	const struct denial_key key = { s->who, s->exe, s->what, s->cap, s->class, outcome,
					outcome == OUTCOME_FAILED ? s->error : 0,
					(uint32_t)(s->last_ns / USAGE_MINUTE_NS) };
	uint32_t at;
	struct denial_sum *sum = put(&u->denial_keys, &key, &u->denial_sums, sizeof(*sum), &at);

	if (!sum)
		return -ENOMEM;
	if (!sum->n) {
		sum->first_ns = s->first_ns;
		sum->pid = r->check.tgid;
		sum->uid = r->check.head.flags & CHECK_IDS_UNKNOWN ? UINT32_MAX : r->check.uid;
		memcpy(sum->comm, r->check.comm, record_comm_len(r));
	}
	sum->n += s->n;
	if (s->first_ns < sum->first_ns)
		sum->first_ns = s->first_ns;
	if (s->last_ns > sum->last_ns)
		sum->last_ns = s->last_ns;
	return 0;
}

/* What changes nothing is in the sums of the hours alone. */
static int add(struct usage_sink *u, const struct sight *s, const struct record *r)
{
	int err = add_use(u, s);

	if (!err && s->denied && s->class != SITE_ADVISORY)
		err = add_denial(u, s, r);
	if (!err && is_full(u))
		hand_over(u);
	return err;
}

static const char *operation_of(int cap, const struct site *site, const char *call)
{
	return (site ? site->operation : site_operation(cap, call)) ?: "";
}

/* What it may in a namespace of its making it has for nothing. */
static bool in_made_userns(const struct run *run, const struct record *r)
{
	return !(r->check.head.flags & CHECK_DENIED) && run->userns && r->check.userns_asker &&
	       r->check.userns_asker != run->userns;
}

static uint32_t class_of(const struct run *run, bool foreign, uint64_t class)
{
	if (run->setup)
		return USAGE_SETUP;
	return foreign ? USAGE_FOREIGN : (uint32_t)class;
}

static int on_check(struct sink *sink, const struct record *r)
{
	struct usage_sink *u = of(sink);
	const bool many = r->parts & RECORD_COUNT, known = r->parts & RECORD_OUTCOME;
	const uint64_t n = many ? r->count : 1;
	const enum outcome ending = known ? outcome_ending((enum outcome)r->outcome, r->error) : OUTCOME_UNKNOWN;
	char made[CALL_NAME_MAX];
	const char *call = call_name(u->options.syscalls, r, made) ?: "";
	const struct placed placed = {
		.row = r->site ? r->site->row : NULL,
		.operation = operation_of(r->check.cap, r->site, call),
		.class = r->site ? r->site->class : SITE_UNCLASSIFIED,
	};
	struct sight s = {
		.cap = r->check.cap,
		.denied = r->check.head.flags & CHECK_DENIED,
		.n = n,
		.failed = ending == OUTCOME_FAILED ? n : 0,
		.worked = ending == OUTCOME_WORKED ? n : 0,
		.error = ending == OUTCOME_FAILED ? r->error : 0,
		.first_ns = many ? r->first_ns : r->wall_ns,
		.last_ns = r->wall_ns,
	};
	struct run run;
	int err = find_run(u, r->program, &run);

	err = err ?: find_what(u, call, placed.operation, r->site && r->site->name ? r->site->name : "",
			       r->site && r->site->name ? r->site->name_len : 0, &s.what);
	s.who = run.who;
	s.exe = run.exe;
	s.class = class_of(&run, record_is_no_need(r) || in_made_userns(&run, r), placed.class);
	err = err ?: kinds_put(&u->kinds, r, &placed);
	return err ?: add(u, &s, r);
}

/* Where it was asked the event of its kind has said; only which function it was is not kept. */
static int on_counted(struct sink *sink, const struct tally_count *c)
{
	struct usage_sink *u = of(sink);
	const struct placed *placed = kinds_find(&u->kinds, &c->key);
	char made[CALL_NAME_MAX];
	struct record r;
	const char *call, *operation;
	struct sight s;
	struct run run;
	int err = find_run(u, c->program, &run);

	if (err)
		return err;
	tally_record(c, &r);
	call = call_name(u->options.syscalls, &r, made) ?: "";
	operation = placed ? placed->operation : operation_of(c->key.cap, NULL, call);
	s = (struct sight){
		.who = run.who,
		.exe = run.exe,
		.cap = c->key.cap,
		.denied = c->key.flags & CHECK_DENIED,
		.class = class_of(&run, c->key.flags & (CHECK_VIA_OWNER | CHECK_CRED_OVERRIDDEN | CHECK_CRED_OTHER),
				  placed ? placed->class : SITE_UNCLASSIFIED),
		.n = c->count,
		.failed = c->failed,
		.worked = c->worked,
		.error = c->error,
		.first_ns = c->first_ns ? c->first_ns : c->last_ns,
		.last_ns = c->last_ns < c->first_ns ? c->first_ns : c->last_ns,
	};
	r.check.head.flags |= CHECK_IDS_UNKNOWN;
	err = find_what(u, call, operation, "", 0, &s.what);
	return err ?: add(u, &s, &r);
}

/* ---- the rest of a sink ---------------------------------------------------------------------------------------------- */

static int on_start(struct sink *sink, const struct sink_start *start)
{
	struct usage_sink *u = of(sink);

	origins_free(u->origins);
	u->origins = origins_new();
	if (!u->origins)
		return -ENOMEM;
	origins_start(u->origins, start->run, start->host_mntns);
	u->began_ns = u->until_ns = start->wall_ns;
	u->over_ns = clock_ns(CLOCK_MONOTONIC) + u->options.interval_ns;
	return 0;
}

static int on_program(struct sink *sink, const struct program *p)
{
	return origins_program(of(sink)->origins, p);
}

/* Who is in that cgroup is called so, also what was gathered of him before. */
static int on_resolved(struct sink *sink, uint64_t wall_ns, const struct workload *w)
{
	struct usage_sink *u = of(sink);
	const struct who_key key = { w->cgroup_id, 0 };
	const uint32_t at = w->cgroup_id ? index_find(&u->who_keys, &key) : INDEX_NONE;
	struct workload *copy;

	(void)wall_ns;
	if (at == INDEX_NONE)
		return 0;
	copy = workload_ref((struct workload *)w);
	if (!copy)
		return -ENOMEM;
	workload_unref(who_at(u, at)->workload);
	who_at(u, at)->workload = copy;
	return 0;
}

static int on_lost(struct sink *sink, uint64_t wall_ns, const struct loss *grown)
{
	struct usage_sink *u = of(sink);

	for (int cause = 0; cause < LOSS_COUNT; cause++)
		u->lost.by_cause[cause] += grown->by_cause[cause];
	if (wall_ns > u->until_ns)
		u->until_ns = wall_ns;
	return 0;
}

static bool awaits_name(const struct usage_sink *u, uint64_t now)
{
	for (uint32_t i = 0; i < u->who_keys.count; i++) {
		const struct who *who = who_at(u, i);

		if (who->workload && workload_is_container(who->workload) && !(who->workload->flags & WORKLOAD_RESOLVED) &&
		    now - who->met_ns < NAME_NS)
			return true;
	}
	return false;
}

static int on_turn(struct sink *sink)
{
	struct usage_sink *u = of(sink);
	const uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (!u->options.interval_ns || now < u->over_ns)
		return 0;
	if (now < u->over_ns + NAME_NS && awaits_name(u, now))
		return 0;
	u->until_ns = clock_ns(CLOCK_REALTIME);
	hand_over(u);
	return 0;
}

void usage_hurry(struct sink *s)
{
	struct usage_sink *u = of(s);
	const uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (now < u->over_ns)
		u->over_ns = now;
}

static int on_stop(struct sink *sink, uint64_t wall_ns, const struct account *account)
{
	struct usage_sink *u = of(sink);

	(void)account;
	if (wall_ns > u->until_ns)
		u->until_ns = wall_ns;
	hand_over(u);
	return 0;
}

static int on_flush(struct sink *sink)
{
	(void)sink;
	return 0;
}

static void on_free(struct sink *sink)
{
	struct usage_sink *u = of(sink);

	clear_tables(u);
	index_done(&u->who_keys);
	index_done(&u->run_keys);
	index_done(&u->what_keys);
	index_done(&u->use_keys);
	index_done(&u->denial_keys);
	buf_done(&u->whos);
	buf_done(&u->runs);
	buf_done(&u->use_sums);
	buf_done(&u->denial_sums);
	kinds_done(&u->kinds);
	words_free(u->words);
	origins_free(u->origins);
	free(u);
}

static const struct sink_ops ops = {
	.start = on_start,
	.check = on_check,
	.lost = on_lost,
	.stop = on_stop,
	.free = on_free,
	.program = on_program,
	.resolved = on_resolved,
	.counted = on_counted,
	.turn = on_turn,
	.flush = on_flush,
};

int usage_new(struct out *out, const struct usage_options *options, struct sink **ret)
{
	struct usage_sink *u = calloc(1, sizeof(*u));
	struct words *words = words_new();

	if (!u || !words) {
		free(u);
		words_free(words);
		return -ENOMEM;
	}
	u->sink = (struct sink){ &ops, out };
	u->options = *options;
	u->words = words;
	init_tables(u);
	kinds_init(&u->kinds, sizeof(struct placed), options->kinds_max ?: KINDS_MAX);
	*ret = &u->sink;
	return 0;
}

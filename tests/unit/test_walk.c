/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "user/base/buf.h"
#include "user/host/walk.h"

#define DEEP 10000

/* A directory of its own for each test, which is the working directory meanwhile. */
struct place {
	char name[32], back[4096];
};

static void place_open(struct place *p)
{
	/* In memory where possible: a disk takes seconds for 20,000 directories. */
	strcpy(p->name, access("/dev/shm", W_OK) ? "/tmp/test_walk.XXXXXX" : "/dev/shm/test_walk.XXXXXX");
	assert_non_null(getcwd(p->back, sizeof(p->back)));
	assert_non_null(mkdtemp(p->name));
	assert_int_equal(chdir(p->name), 0);
}

static void place_close(struct place *p)
{
	char command[64];

	assert_int_equal(chdir(p->back), 0);
	snprintf(command, sizeof(command), "rm -rf %s", p->name);
	assert_int_equal(system(command), 0);
}

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0644);

	assert_true(fd >= 0);
	close(fd);
}

/* What was shown, a path on each line, in the order of the walk. */
struct seen {
	struct buf paths, errors;
	size_t files, progress;
	const char *remove;
	const char *const (*renames)[2];
	const char *base;	/* for the two above */
	int answer;
};

static void on_path(const struct seen *s, const char *name, char ret[static 256])
{
	snprintf(ret, 256, "%s/%s", s->base, name);
}

static int show(void *ctx, const struct walk *w, int dir, const char *name)
{
	struct seen *s = ctx;
	char from[256], to[256];
	struct stat by_dir, by_name;

	assert_int_equal(fstatat(dir, name, &by_dir, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(lstat(name, &by_name), 0);
	assert_true(by_dir.st_ino == by_name.st_ino && S_ISREG(by_name.st_mode));
	s->files++;
	walk_path(w, name, &s->paths);
	buf_putc(&s->paths, '\n');
	if (s->remove) {
		on_path(s, s->remove, from);
		assert_int_equal(rmdir(from), 0);
		s->remove = NULL;
	}
	for (; s->renames && (*s->renames)[0]; s->renames++) {
		on_path(s, (*s->renames)[0], from);
		on_path(s, (*s->renames)[1], to);
		assert_int_equal(rename(from, to), 0);
	}
	return s->answer;
}

static void note(void *ctx, const struct walk *w, const char *name, int error)
{
	struct seen *s = ctx;

	walk_path(w, name, &s->errors);
	buf_printf(&s->errors, ": %s\n", strerror(-error));
}

static void tick(void *ctx, const struct walk *w)
{
	(void)w;
	((struct seen *)ctx)->progress++;
}

static int go(struct seen *s, const char *top, struct walk_counts *ret)
{
	const struct walk_config config = { .ctx = s, .file = show, .unreadable = note, .progress = tick };
	struct walk *w = walk_new(&config);
	char before[4096], after[4096];
	int r;

	assert_non_null(w);
	assert_non_null(getcwd(before, sizeof(before)));
	r = walk_tree(w, top);
	assert_non_null(getcwd(after, sizeof(after)));
	assert_string_equal(before, after);
	*ret = *walk_counts(w);
	walk_free(w);
	return r;
}

static void seen_done(struct seen *s)
{
	buf_done(&s->paths);
	buf_done(&s->errors);
}

static bool has(struct buf *b, const char *line)
{
	return strstr(buf_str(b), line);
}

static void shows_regular_files_only(void **state)
{
	struct seen s = { 0 };
	struct walk_counts c;
	struct place p;

	(void)state;
	place_open(&p);
	mkdir("d", 0755);
	mkdir("d/empty", 0755);
	make_file("a");
	make_file("d/new\nline");
	assert_int_equal(symlink("a", "link") | symlink("..", "d/loop") | symlink(".", "d/self"), 0);
	assert_int_equal(mkfifo("d/pipe", 0644), 0);
	assert_int_equal(go(&s, ".", &c), 0);
	assert_int_equal(s.files, 2);
	assert_true(has(&s.paths, "./a\n") && has(&s.paths, "./d/new\nline\n"));
	assert_int_equal(c.files, 6);
	assert_int_equal(c.dirs, 3);
	assert_int_equal(c.unreadable + c.vanished + c.others + c.repeated, 0);
	assert_int_equal(s.progress, 3);
	seen_done(&s);
	place_close(&p);
}

static void top_may_be_written_in_any_way(void **state)
{
	static const struct {
		const char *top, *path;
	} rows[] = {
		{ "d", "d/x\n" }, { "d/", "d/x\n" }, { "./d//", "./d/x\n" }, { "link", "link/x\n" },
	};
	struct walk_counts c;
	struct place p;

	(void)state;
	place_open(&p);
	mkdir("d", 0755);
	make_file("d/x");
	assert_int_equal(symlink("d", "link"), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct seen s = { 0 };

		assert_int_equal(go(&s, rows[i].top, &c), 0);
		assert_string_equal(buf_str(&s.paths), rows[i].path);
		seen_done(&s);
	}
	assert_int_equal(go(&(struct seen){ 0 }, "d/x", &c), -ENOTDIR);
	assert_int_equal(go(&(struct seen){ 0 }, "nowhere", &c), -ENOENT);
	place_close(&p);
}

static void an_answer_ends_it(void **state)
{
	struct seen s = { .answer = 7 };
	struct walk_counts c;
	struct place p;

	(void)state;
	place_open(&p);
	mkdir("d", 0755);
	make_file("a");
	make_file("d/b");
	assert_int_equal(go(&s, ".", &c), 7);
	assert_int_equal(s.files, 1);
	seen_done(&s);
	place_close(&p);
}

/* Goes down by openat, because no path is that long. */
static void make_deep(void)
{
	int at = open(".", O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < DEEP; i++) {
		int next;

		assert_int_equal(mkdirat(at, "deep", 0755), 0);
		assert_int_equal(mkdirat(at, "side", 0755), 0);
		next = openat(at, "deep", O_RDONLY | O_DIRECTORY);
		assert_true(next >= 0);
		close(at);
		at = next;
	}
	close(openat(at, "bottom", O_WRONLY | O_CREAT, 0644));
	close(at);
}

static void ten_thousand_levels(void **state)
{
	struct rlimit before, few = { 64, 64 };
	struct seen s = { 0 };
	struct walk_counts c;
	struct place p;

	(void)state;
	place_open(&p);
	make_deep();
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few.rlim_max = before.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(go(&s, ".", &c), 0);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(s.files, 1);
	assert_int_equal(c.dirs, 2 * DEEP + 1);
	assert_int_equal(c.vanished, 0);
	assert_int_equal(s.paths.len, strlen("./bottom\n") + DEEP * strlen("/deep"));
	seen_done(&s);
	place_close(&p);
}

static void what_vanishes_is_counted(void **state)
{
	struct seen s = { .remove = "d/gone" };
	struct walk_counts c;
	struct place p;

	(void)state;
	place_open(&p);
	s.base = p.name;
	assert_int_equal(mkdir("d", 0755) | mkdir("d/gone", 0755) | mkdir("d/stays", 0755), 0);
	make_file("d/x");
	make_file("d/stays/y");
	assert_int_equal(go(&s, ".", &c), 0);
	assert_int_equal(s.files, 2);
	assert_int_equal(c.vanished, 1);
	seen_done(&s);
	place_close(&p);
}

/* 40 levels down, where the upper ones are closed already, some in between are moved away. */
static void move(const char *const renames[][2], struct walk_counts *ret)
{
	struct seen s = { .renames = renames };
	struct place p;

	place_open(&p);
	s.base = p.name;
	assert_int_equal(mkdir("a", 0755) | mkdir("elsewhere", 0755) | mkdir("a/1", 0755), 0);
	assert_int_equal(chdir("a/1"), 0);
	for (int i = 0; i < 40; i++)
		assert_int_equal(mkdir("d", 0755) | mkdir("e", 0755) | chdir("d"), 0);
	make_file("file");
	assert_int_equal(chdir(p.name), 0);
	assert_int_equal(go(&s, "a", ret), 0);
	assert_int_equal(s.files, 1);
	seen_done(&s);
	place_close(&p);
}

static void moved_directories_lead_nowhere(void **state)
{
	static const char *const one[][2] = { { "a/1/d/d", "elsewhere/d" }, { NULL, NULL } };
	static const char *const two[][2] = {
		{ "a/1/d", "elsewhere/d" }, { "a/1", "elsewhere/1" }, { NULL, NULL }
	};
	struct walk_counts c;

	(void)state;
	move(one, &c);
	assert_int_equal(c.dirs, 82);
	assert_int_equal(c.vanished, 0);
	move(two, &c);
	assert_int_equal(c.dirs + c.vanished, 82);
}

static void unreadable_directories_are_told(void **state)
{
	struct seen s = { 0 };
	struct walk_counts c;
	struct place p;

	(void)state;
	place_open(&p);
	chmod(".", 0755);
	assert_int_equal(mkdir("closed", 0700) | mkdir("list", 0755) | mkdir("pass", 0755), 0);
	make_file("closed/a");
	make_file("list/a");
	make_file("pass/a");
	make_file("open");
	chmod("closed", 0);
	chmod("list", 0444);
	chmod("pass", 0111);
	if (!geteuid())
		assert_int_equal(seteuid(65534), 0);
	assert_int_equal(go(&s, ".", &c), 0);
	assert_int_equal(seteuid(getuid()), 0);
	assert_int_equal(c.unreadable, 3);
	assert_string_equal(buf_str(&s.paths), "./open\n");
	assert_true(has(&s.errors, "./closed: Permission denied\n"));
	assert_true(has(&s.errors, "./list: Permission denied\n"));
	assert_true(has(&s.errors, "./pass: Permission denied\n"));
	seen_done(&s);
	place_close(&p);
}

static void one_tree_is_not_walked_twice(void **state)
{
	struct seen s = { 0 };
	const struct walk_config config = { .ctx = &s, .file = show };
	struct walk *w = walk_new(&config);
	struct place p;

	(void)state;
	place_open(&p);
	assert_int_equal(mkdir("d", 0755) | mkdir("d/e", 0755), 0);
	make_file("d/e/x");
	assert_int_equal(walk_tree(w, "d/e"), 0);
	assert_int_equal(walk_tree(w, "."), 0);
	assert_int_equal(walk_tree(w, "d"), 0);
	assert_int_equal(s.files, 1);
	assert_int_equal(walk_counts(w)->repeated, 2);
	walk_free(w);
	seen_done(&s);
	place_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_regular_files_only),
		cmocka_unit_test(top_may_be_written_in_any_way),
		cmocka_unit_test(an_answer_ends_it),
		cmocka_unit_test(ten_thousand_levels),
		cmocka_unit_test(what_vanishes_is_counted),
		cmocka_unit_test(moved_directories_lead_nowhere),
		cmocka_unit_test(unreadable_directories_are_told),
		cmocka_unit_test(one_tree_is_not_walked_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

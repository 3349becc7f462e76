/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rules from files and directories. Of a directory all NAME.yaml; of two with the same name in two
 * directories the later directory's replaces the other. All together are one list, sorted by the last part
 * of their names.
 *
 * The rules say what the daemon tells and keeps silent: for it only what nobody but root, and who it runs as, can have
 * written. A person who is not root reads anything: he has nothing to lose.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct complaints;
struct rules;

#define RULES_DIR_SHARED "/usr/share/capsieve/rules.d"
#define RULES_DIR_OWN	 "/etc/capsieve/rules.d"
#define RULES_CONFIG	 "/etc/capsieve/capsieve.yaml"

/* A file as it was read. */
struct rules_text {
	char *name;		/* owned, as typed, or below the directory that was */
	char *text;
	size_t n;
	size_t from;		/* which of the paths it is of */
	bool is_config;		/* it configures, and holds no rules */
};

enum rules_reader { RULES_FOR_PERSON, RULES_FOR_DAEMON };

struct rules_texts {
	enum rules_reader reader;
	struct rules_text *at;
	size_t count;
};

/*
 * Reads them all, in the order of the list. 0; -EINVAL with what cannot be read in told; -ENOMEM.
 * rules_texts_done in each case.
 */
int rules_texts_read(const char *const *paths, size_t count, enum rules_reader reader, struct complaints *told,
		     struct rules_texts *ret);
void rules_texts_done(struct rules_texts *t);

/*
 * The rules of those that are no configuration, with their profiles. 0; -EINVAL and all mistakes in told;
 * -ENOMEM.
 */
int rules_texts_compile(const struct rules_texts *t, struct complaints *told, struct rules **ret);

/* Both: 0 and *ret; what is not 0 leaves *ret NULL. */
int rules_load(const char *const *paths, size_t count, struct complaints *told, struct rules **ret);

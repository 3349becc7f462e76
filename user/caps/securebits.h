/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The securebits of a process (linux/securebits.h, capabilities(7)), and what libcap calls modes: agreed
 * combinations of securebits and sets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct credentials;
struct mistake;

enum securebit {
	SECUREBIT_NOROOT = 1 << 0,
	SECUREBIT_NO_SETUID_FIXUP = 1 << 2,
	SECUREBIT_KEEP_CAPS = 1 << 4,
	SECUREBIT_NO_CAP_AMBIENT_RAISE = 1 << 6,
	SECUREBIT_EXEC_RESTRICT_FILE = 1 << 8, /* 6.14, with the next */
	SECUREBIT_EXEC_DENY_INTERACTIVE = 1 << 10,
};

#define SECUREBITS_LOCKED(bits) ((bits) << 1) /* the bit that locks a bit stands right above it */
#define SECUREBITS_ALL          0xfffu

/* What one bit does, in words, and since which kernel; nr from 0. NULL beyond the last, and for locks. */
const char *securebits_words(unsigned nr);

/*
 * A number (0x2f, 47), or words separated by commas or blanks, in the spelling of capabilities(7)
 * (SECBIT_KEEP_CAPS), systemd (keep-caps-locked) or setpriv (+noroot,+noroot_locked); `none`. -EINVAL and
 * the place.
 */
int securebits_parse(const char *text, uint32_t *ret, struct mistake *ret_mistake);

/* "noroot,noroot_locked"; "none" for 0; a bit that has no name as its number. */
void securebits_print(struct buf *b, uint32_t bits);

enum mode { /* numbered as libcap's cap_mode_t */
	    MODE_UNCERTAIN,
	    MODE_NOPRIV,
	    MODE_PURE1E_INIT,
	    MODE_PURE1E,
	    MODE_HYBRID,
	    MODE_COUNT
};

/* "PURE1E_INIT". */
const char *mode_name(enum mode mode);
const char *mode_words(enum mode mode);

/* Any case, `-` for `_`. -EINVAL and the place. */
int mode_parse(const char *text, enum mode *ret, struct mistake *ret_mistake);

/* What libcap would say of a process: cap_get_mode(3). */
enum mode mode_of(const struct credentials *c);

/*
 * What cap_set_mode(3) leaves of a process that is allowed to do it: the effective set is always empty
 * then. UNCERTAIN changes nothing.
 */
void mode_apply(struct credentials *c, enum mode mode);

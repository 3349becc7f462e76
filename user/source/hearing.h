/* SPDX-License-Identifier: BSD-2-Clause */
/* What the attached probe hears: tried, supplemented where the compiler hid something from it, and learned anew. */
#pragma once

#include <stdbool.h>

struct live;

/* What the programs have to know of the machine's settings. */
void hearing_settings(struct live *l);

/* A few checks of our own; what was heard of them is .facts.trial, and where their sites are the programs know from then on. */
void hearing_try(struct live *l);

/* What the probe does not hear is heard beside it, and goes on to be where another one takes its place. */
void hearing_derive(struct live *l);

/* After something on the hook came or went. The site's address is the same for good; only the way to it changes. */
void hearing_again(struct live *l);

/* Does it still hear, as it did when it was tried? By checks of our own; also true where it never heard any of ours. */
bool hearing_lasts(struct live *l);

/* A file of types is somebody's word: do they show us as we are? 0; or -EINVAL, in .refused too, with a sentence in .why. */
int hearing_types(struct live *l);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Overlays, as containers have them, and the directories that they are made of: which file is it really that
 * an overlay shows?
 */
#pragma once

#include <stdint.h>

struct layers;

/* Reads PROC/self/mountinfo. NULL: out of memory; what cannot be read is as if there were no overlays. */
struct layers *layers_new(const char *proc);
void layers_free(struct layers *l);

/*
 * Of an open file, O_PATH included: 0 and the device and number of the regular file in the highest layer
 * that has it. -ENOENT: it is on no overlay, or its layers cannot be seen from here; other negative errno.
 */
int layers_find(const struct layers *l, int fd, uint64_t *ret_dev, uint64_t *ret_ino);

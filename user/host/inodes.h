/* SPDX-License-Identifier: BSD-2-Clause */
/* A set of files, each known by its device and its number there: 16 bytes for each, and no order. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct inode {
	uint64_t dev, ino;
};

struct inodes {
	struct inode *at;	/* owned; a slot of {0, 0} is free */
	size_t count, slots;	/* slots: 0 or a power of two */
};

#define INODES_INIT { NULL, 0, 0 }

/* 1: it was not in the set and now is; 0: it was; -ENOMEM. Inode 0 of device 0 is never in it. */
int inodes_put(struct inodes *set, uint64_t dev, uint64_t ino);
void inodes_done(struct inodes *set);

/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/filecaps.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>

_Static_assert(sizeof(struct vfs_ns_cap_data) == FILECAPS_SIZE_MAX, "the longest form");

#define HIGH(set) ((uint32_t)((set) >> 32))
#define LOW(set)  ((uint32_t)(set))

static const struct form {
	unsigned version;
	uint32_t magic;
	size_t size;
} forms[] = {
	{ 1, VFS_CAP_REVISION_1, XATTR_CAPS_SZ_1 },
	{ 2, VFS_CAP_REVISION_2, XATTR_CAPS_SZ_2 },
	{ 3, VFS_CAP_REVISION_3, XATTR_CAPS_SZ_3 },
};

static uint32_t get_le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static const struct form *form_of_magic(uint32_t magic)
{
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (forms[i].magic == (magic & VFS_CAP_REVISION_MASK))
			return &forms[i];
	return NULL;
}

/* Words: magic, then permitted and inheritable by 32 bits each, from version 2 on twice, in 3 the root id. */
int filecaps_decode(const void *data, size_t n, struct filecaps *ret)
{
	uint8_t bytes[FILECAPS_SIZE_MAX] = { 0 };
	const struct form *form;
	uint32_t word[FILECAPS_SIZE_MAX / 4];

	if (n < sizeof(uint32_t) || n > sizeof(bytes))
		return -EINVAL;
	memcpy(bytes, data, n);
	for (size_t i = 0; i < sizeof(word) / sizeof(word[0]); i++)
		word[i] = get_le32(bytes + 4 * i);
	form = form_of_magic(word[0]);
	if (!form || form->size != n)
		return -EINVAL;
	*ret = (struct filecaps){
		.version = form->version,
		.effective = word[0] & VFS_CAP_FLAGS_EFFECTIVE,
		.permitted = word[1] | (uint64_t)word[3] << 32,
		.inheritable = word[2] | (uint64_t)word[4] << 32,
		.rootid = word[5],
	};
	return 0;
}

int filecaps_encode(const struct filecaps *caps, uint8_t ret_data[static FILECAPS_SIZE_MAX], size_t *ret_n)
{
	const uint32_t word[FILECAPS_SIZE_MAX / 4] = {
		0,			 LOW(caps->permitted),	  LOW(caps->inheritable),
		HIGH(caps->permitted), HIGH(caps->inheritable), caps->rootid,
	};
	const struct form *form;

	if (caps->version < 1 || caps->version > sizeof(forms) / sizeof(forms[0]))
		return -EINVAL;
	form = &forms[caps->version - 1];
	if (form->version == 1 && (word[3] || word[4]))
		return -ERANGE;
	put_le32(ret_data, form->magic | (caps->effective ? VFS_CAP_FLAGS_EFFECTIVE : 0));
	for (size_t at = 4; at < form->size; at += 4)
		put_le32(ret_data + at, word[at / 4]);
	*ret_n = form->size;
	return 0;
}

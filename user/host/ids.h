/* SPDX-License-Identifier: BSD-2-Clause */
/* Which machine, and which of its boots, this is. */
#pragma once

enum { IDS_LEN = 40 };

struct ids {
	char machine[IDS_LEN];	/* /etc/machine-id; "" where it is unknown */
	char boot[IDS_LEN];	/* random, made at boot; "" where it is unknown */
};

/* What cannot be read, or is not made of hexadecimal digits and dashes, is left empty. */
void ids_read(const char *proc, struct ids *ret);

/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/caps/filespec.h"

#include <errno.h>
#include <string.h>

#include "user/caps/capset.h"
#include "user/caps/filecaps.h"
#include "user/caps/mistake.h"

static int refuse(const char *text, const char *what, struct mistake *ret)
{
	*ret = (struct mistake){ .what = what, .word = text, .len = strlen(text), .column = 1 };
	return -EINVAL;
}

int filespec_parse(const char *text, struct filecaps *ret, struct mistake *ret_mistake)
{
	uint64_t effective, any;
	struct capset set;
	int err;

	if (!text[strspn(text, " \t\r\n")])
		return refuse(text, "a set is needed ('=' is the empty one)", ret_mistake);
	err = capset_from_text(text, &set, ret_mistake);
	if (err)
		return err;
	effective = set.set[CAPSET_EFFECTIVE];
	any = set.set[CAPSET_PERMITTED] | set.set[CAPSET_INHERITABLE];
	if (effective && effective != any)
		return refuse(text,
			      "a file has one effective bit for all: 'e' with every capability or with none",
			      ret_mistake);
	*ret = (struct filecaps){
		.version = 2,
		.effective = effective,
		.permitted = set.set[CAPSET_PERMITTED],
		.inheritable = set.set[CAPSET_INHERITABLE],
	};
	return 0;
}

void filespec_print(struct buf *b, const struct filecaps *caps)
{
	const struct capset set = {
		.kind = CAPSET_FLAGS,
		.set = {
			[CAPSET_EFFECTIVE] = caps->effective ? caps->permitted | caps->inheritable : 0,
			[CAPSET_PERMITTED] = caps->permitted,
			[CAPSET_INHERITABLE] = caps->inheritable,
		},
	};

	capset_to_text(b, &set);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/flow/classes.h"

#include <stddef.h>

#include "user/caps/site.h"
#include "user/enrich/sites.h"
#include "user/model/filter.h"
#include "user/model/record.h"

bool classes_pass(struct sites *sites, const struct filter *filter, struct record *r)
{
	if (!sites)
		return true;
	sites_class(sites, r);
	return !filter->classes || filter->classes & 1U << r->site->class;
}

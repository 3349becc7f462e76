/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/model/baseline.h"

const char *const baseline_words[BASELINE_BYS] = {
	[BASELINE_NAME] = "name",
	[BASELINE_IMAGE] = "image",
};

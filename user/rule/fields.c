/* SPDX-License-Identifier: BSD-2-Clause */
#include "user/rule/fields.h"

#define FIELD(name_, required_, shape_, about_) { #name_, required_, FIELD_##shape_, about_ },

const struct field rules_fields[] = { RULES_FIELDS(FIELD) };
const size_t rules_field_count = sizeof(rules_fields) / sizeof(rules_fields[0]);

const struct field rule_fields[] = { RULE_FIELDS(FIELD) };
const size_t rule_field_count = sizeof(rule_fields) / sizeof(rule_fields[0]);

/* SPDX-License-Identifier: BSD-2-Clause */
/* What running again showed, from the text of a saved profile: what proof_json wrote. */
#pragma once

struct jsonin;
struct proof_story;

/*
 * The member "proof" of a profile. 0 and *ret, for saved_proof_free, or NULL where there is none; -EINVAL after saying
 * what is wrong; -ENOMEM.
 */
int saved_proof_take(const struct jsonin *root, const struct proof_story **ret);
void saved_proof_free(struct proof_story *s);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * JSON Schemas (draft 7) of the files, for editors of YAML: made from the tables that the parsers go
 * by.
 */
#pragma once

struct buf;

void schema_rules(struct buf *b);
void schema_config(struct buf *b);

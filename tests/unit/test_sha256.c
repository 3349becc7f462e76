/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "user/base/sha256.h"

static void expect(const uint8_t sum[SHA256_BYTES], const char *hex)
{
	char made[2 * SHA256_BYTES + 1];

	for (size_t i = 0; i < SHA256_BYTES; i++)
		snprintf(made + 2 * i, 3, "%02x", sum[i]);
	assert_string_equal(made, hex);
}

/* FIPS 180-4's own examples, and the lengths at which a block is just full or not. */
static void sums_are_those_of_the_standard(void **state)
{
	static const struct {
		const char *text, *sum;
	} rows[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
	};
	uint8_t sum[SHA256_BYTES];
	char *many = malloc(1000000);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		sha256(rows[i].text, strlen(rows[i].text), sum);
		expect(sum, rows[i].sum);
	}
	memset(many, 'a', 1000000);
	sha256(many, 1000000, sum);
	expect(sum, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(many);
}

/* RFC 4231: cases 1, 2 and 6, whose key is longer than a block. */
static void signatures_are_those_of_the_standard(void **state)
{
	uint8_t key[131], sum[SHA256_BYTES];
	static const char large[] = "Test Using Larger Than Block-Size Key - Hash Key First";

	(void)state;
	memset(key, 0x0b, 20);
	sha256_hmac(key, 20, "Hi There", 8, sum);
	expect(sum, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	sha256_hmac("Jefe", 4, "what do ya want for nothing?", 28, sum);
	expect(sum, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	sha256_hmac(key, sizeof(key), large, strlen(large), sum);
	expect(sum, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_are_those_of_the_standard),
		cmocka_unit_test(signatures_are_those_of_the_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

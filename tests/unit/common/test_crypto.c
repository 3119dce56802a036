/* common/crypto and hex against published vectors, nettle and OpenSSL. */
#include <fcntl.h>
#include <nettle/sha3.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/codec/hex.h"
#include "common/crypto/keccak256.h"
#include "common/crypto/secp256k1_sign.h"
#include "common/crypto/secret.h"
#include "common/crypto/sha256.h"
#include "tests/support/check_main.h"

static void from_hex(uint8_t *out, size_t len, const char *text)
{
    ck_assert_ok(hex_decode_fixed(out, len, text, strlen(text)));
}

static void assert_hex(const uint8_t *got, size_t len, const char *expected)
{
    char text[2 * 128 + 1];
    ck_assert_uint_le(len, 128);
    hex_encode(text, got, len);
    ck_assert_str_eq(text, expected);
}

/* Yellow paper's empty hash and code hash; keccak256("abc") as in Solidity's documentation. */
START_TEST(keccak_equals_the_published_values)
{
    uint8_t out[32];
    keccak256(out, NULL, 0);
    assert_hex(out, 32, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    keccak256(out, "abc", 3);
    assert_hex(out, 32, "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    keccak256(out, "transfer(address,uint256)", 25);
    assert_hex(out, 4, "a9059cbb");
    /* topic of ERC-20's Transfer event */
    keccak256(out, "Transfer(address,address,uint256)", 33);
    assert_hex(out, 32, "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
}
END_TEST

START_TEST(the_permutation_equals_nettles)
{
    struct rng rng;
    check_seed(&rng);
    for (int i = 0; i < 200; i++) {
        struct sha3_state theirs;
        uint64_t ours[25];
        rng_fill(&rng, ours, sizeof ours);
        memcpy(theirs.a, ours, sizeof ours);
        keccak_f1600(ours);
        sha3_permute(&theirs);
        ck_assert_mem_eq(ours, theirs.a, sizeof ours);
    }
}
END_TEST

/* Nettle's own sponge with Keccak's padding byte. */
static void nettle_keccak256(uint8_t out[32], const uint8_t *data, size_t len)
{
    struct sha3_state state = {{0}};
    uint8_t block[136];
    while (len >= sizeof block) {
        for (size_t i = 0; i < sizeof block; i++) {
            state.a[i / 8] ^= (uint64_t)data[i] << (8 * (i % 8));
        }
        sha3_permute(&state);
        data += sizeof block;
        len -= sizeof block;
    }
    memset(block, 0, sizeof block);
    if (len > 0) memcpy(block, data, len);
    block[len] ^= 0x01;
    block[135] ^= 0x80;
    for (size_t i = 0; i < sizeof block; i++) {
        state.a[i / 8] ^= (uint64_t)block[i] << (8 * (i % 8));
    }
    sha3_permute(&state);
    for (size_t i = 0; i < 32; i++)
        out[i] = (uint8_t)(state.a[i / 8] >> (8 * (i % 8)));
}

START_TEST(keccak_of_every_length_in_any_pieces_equals_nettles)
{
    struct rng rng;
    check_seed(&rng);
    uint8_t data[600];
    rng_fill(&rng, data, sizeof data);
    for (size_t len = 0; len <= sizeof data; len++) {
        uint8_t expected[32];
        uint8_t got[32];
        nettle_keccak256(expected, data, len);
        keccak256(got, data, len);
        ck_assert_mem_eq(got, expected, 32);
        struct keccak256 k;
        keccak256_init(&k);
        for (size_t done = 0; done < len;) {
            size_t part = (size_t)rng_below(&rng, len - done + 1);
            keccak256_update(&k, data + done, part);
            done += part;
            if (part == 0) keccak256_update(&k, data + done++, 1);
        }
        keccak256_final(&k, got);
        ck_assert_mem_eq(got, expected, 32);
    }
}
END_TEST

/* FIPS 180-4 examples (csrc.nist.gov, "Examples with intermediate values"). */
START_TEST(sha256_equals_nists_examples)
{
    uint8_t out[32];
    sha256(out, "abc", 3);
    assert_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    static const char two_blocks[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    sha256(out, two_blocks, strlen(two_blocks));
    assert_hex(out, 32, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    sha256(out, NULL, 0);
    assert_hex(out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    struct sha256 s;
    sha256_init(&s);
    for (int i = 0; i < 10000; i++) {
        uint8_t block[100];
        memset(block, 'a', sizeof block);
        sha256_update(&s, block, sizeof block);
    }
    sha256_final(&s, out);
    assert_hex(out, 32, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    sha256_two(out, "a", 1, "bc", 2);
    assert_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

START_TEST(one_compression_of_the_padded_block_is_the_hash)
{
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint8_t block[64] = {'a', 'b', 'c', 0x80};
    block[63] = 24;
    sha256_compress(state, block);
    ck_assert_uint_eq(state[0], 0xba7816bf);
    ck_assert_uint_eq(state[7], 0xf20015ad);
}
END_TEST

/* RFC 4231 cases 1, 2 and 6 (key longer than a block). */
START_TEST(hmac_equals_rfc4231)
{
    uint8_t key[131];
    uint8_t out[32];
    memset(key, 0x0b, 20);
    hmac_sha256(out, key, 20, "Hi There", 8);
    assert_hex(out, 32, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    hmac_sha256(out, "Jefe", 4, "what do ya want for nothing?", 28);
    assert_hex(out, 32, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    static const char text[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    hmac_sha256(out, key, sizeof key, text, strlen(text));
    assert_hex(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
END_TEST

/* RFC 5869, appendix A, test cases 1 and 3. */
START_TEST(hkdf_equals_rfc5869)
{
    uint8_t ikm[22];
    uint8_t salt[13];
    uint8_t info[10];
    uint8_t okm[42];
    memset(ikm, 0x0b, sizeof ikm);
    from_hex(salt, sizeof salt, "000102030405060708090a0b0c");
    from_hex(info, sizeof info, "f0f1f2f3f4f5f6f7f8f9");
    struct hkdf_input in = {ikm, sizeof ikm, salt, sizeof salt, info, sizeof info};
    ck_assert_ok(hkdf_sha256(okm, sizeof okm, &in));
    assert_hex(
        okm, sizeof okm,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865");
    in = (struct hkdf_input){ikm, sizeof ikm, NULL, 0, NULL, 0};
    ck_assert_ok(hkdf_sha256(okm, sizeof okm, &in));
    assert_hex(
        okm, sizeof okm,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8");
    ck_assert_err(hkdf_sha256(okm, 0, &in), ERR_RANGE);
    ck_assert_err(hkdf_sha256(okm, HKDF_SHA256_OUT_MAX + 1, &in), ERR_RANGE);
}
END_TEST

START_TEST(hkdf_of_the_greatest_length_equals_openssls)
{
    static uint8_t ours[HKDF_SHA256_OUT_MAX];
    static uint8_t theirs[HKDF_SHA256_OUT_MAX];
    struct hkdf_input in = {"key", 3, "salt", 4, "info", 4};
    ck_assert_ok(hkdf_sha256(ours, sizeof ours, &in));
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, NULL);
    size_t len = sizeof theirs;
    ck_assert_int_eq(EVP_PKEY_derive_init(ctx), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set_hkdf_md(ctx, EVP_sha256()), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set1_hkdf_key(ctx, (const uint8_t *)"key", 3), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set1_hkdf_salt(ctx, (const uint8_t *)"salt", 4), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_add1_hkdf_info(ctx, (const uint8_t *)"info", 4), 1);
    ck_assert_int_eq(EVP_PKEY_derive(ctx, theirs, &len), 1);
    EVP_PKEY_CTX_free(ctx);
    ck_assert_mem_eq(ours, theirs, sizeof ours);
}
END_TEST

/* The first accounts of the mnemonic "test test ... junk", which anvil and hardhat print. */
START_TEST(known_keys_have_their_known_addresses)
{
    uint8_t key[32];
    uint8_t address[20];
    char text[43];
    from_hex(key, 32, "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
    ck_assert_ok(ecdsa_key_address(address, key));
    eth_address_format(text, address);
    ck_assert_str_eq(text, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    from_hex(key, 32, "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d");
    ck_assert_ok(ecdsa_key_address(address, key));
    eth_address_format(text, address);
    ck_assert_str_eq(text, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
}
END_TEST

/* go-ethereum, crypto/signature_test.go: testmsg, testsig, testpubkey. */
START_TEST(a_known_signature_recovers_its_signer)
{
    uint8_t digest[32];
    uint8_t signature[65];
    uint8_t public_key[64];
    uint8_t hash[32];
    uint8_t address[20];
    from_hex(digest, 32, "ce0677bb30baa8cf067c88db9811f4333d131bf8bcf12fe7065d211dce971008");
    from_hex(
        signature, 65,
        "90f27b8b488db00b00606796d2987f6a5f59ae62ea05effe84fef5b8b0e549984a691139ad57a3f0b90663"
        "7673aa2f63d1f55cb1a69199d4009eea23ceaddc9301");
    from_hex(
        public_key, 64,
        "e32df42865e97135acfb65f3bae71bdc86f4d49150ad6a440b6f15878109880a0a2b2667f7e725ceea70c6"
        "73093bf67663e0312623c8e091b13cf2c0f11ef652");
    keccak256(hash, public_key, 64);
    ck_assert_ok(ecdsa_recover_address(address, signature, digest));
    ck_assert_mem_eq(address, hash + 12, 20);
    ck_assert_ok(ecdsa_check(hash + 12, signature, digest));
    signature[64] = 28;
    ck_assert_ok(ecdsa_check(hash + 12, signature, digest));
    signature[64] = 0;
    ck_assert_err(ecdsa_check(hash + 12, signature, digest), ERR_SIGNATURE);
    signature[64] = 2;
    ck_assert_err(ecdsa_check(hash + 12, signature, digest), ERR_SIGNATURE);
    signature[64] = 29;
    ck_assert_err(ecdsa_check(hash + 12, signature, digest), ERR_SIGNATURE);
}
END_TEST

START_TEST(signatures_verify_and_any_changed_bit_breaks_them)
{
    struct rng rng;
    check_seed(&rng);
    uint8_t key[32];
    uint8_t address[20];
    uint8_t digest[32];
    uint8_t signature[65];
    ck_assert_ok(ecdsa_key_generate(key));
    ck_assert_ok(ecdsa_key_address(address, key));
    rng_fill(&rng, digest, sizeof digest);
    ck_assert_ok(ecdsa_sign(signature, key, digest));
    ck_assert_ok(ecdsa_check(address, signature, digest));
    for (size_t bit = 0; bit < 65 * 8; bit++) {
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_err(ecdsa_check(address, signature, digest), ERR_SIGNATURE);
        signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    digest[31] ^= 1;
    ck_assert_err(ecdsa_check(address, signature, digest), ERR_SIGNATURE);
}
END_TEST

START_TEST(the_same_signature_with_high_s_is_refused)
{
    /* n - s of the signature above and the other parity: valid mathematically, malleable. */
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
                                      0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b,
                                      0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
    uint8_t key[32] = {[31] = 5};
    uint8_t address[20];
    uint8_t digest[32] = {1, 2, 3};
    uint8_t signature[65];
    ck_assert_ok(ecdsa_key_address(address, key));
    ck_assert_ok(ecdsa_sign(signature, key, digest));
    int borrow = 0;
    for (size_t i = 32; i-- > 0;) {
        int d = order[i] - signature[32 + i] - borrow;
        borrow = d < 0;
        signature[32 + i] = (uint8_t)(d & 0xff);
    }
    signature[64] ^= 1;
    ck_assert_err(ecdsa_check(address, signature, digest), ERR_SIGNATURE);
}
END_TEST

START_TEST(a_key_of_zero_or_of_the_group_order_is_refused)
{
    uint8_t key[32] = {0};
    uint8_t out[65];
    uint8_t digest[32] = {1};
    ck_assert_err(ecdsa_key_address(out, key), ERR_RANGE);
    ck_assert_err(ecdsa_sign(out, key, digest), ERR_RANGE);
    from_hex(key, 32, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    ck_assert_err(ecdsa_key_address(out, key), ERR_RANGE);
    ck_assert_err(ecdsa_sign(out, key, digest), ERR_RANGE);
}
END_TEST

static char secret_path[64];

static void secret_setup(void)
{
    snprintf(secret_path, sizeof secret_path, "/tmp/hawser-secret-%ld", (long)getpid());
    unlink(secret_path);
}

static void secret_teardown(void)
{
    unlink(secret_path);
}

START_TEST(a_key_file_is_read_back_only_with_tight_permissions)
{
    uint8_t key[32];
    uint8_t back[32];
    memset(key, 0x5a, sizeof key);
    ck_assert_err(secret_file_read_key(back, secret_path), ERR_NOT_FOUND);
    ck_assert_ok(secret_file_write_key(secret_path, key));
    ck_assert_err(secret_file_write_key(secret_path, key), ERR_EXISTS);
    ck_assert_ok(secret_file_read_key(back, secret_path));
    ck_assert_mem_eq(back, key, 32);
    ck_assert_int_eq(chmod(secret_path, 0640), 0);
    ck_assert_err(secret_file_read_key(back, secret_path), ERR_AUTH);
    ck_assert_int_eq(chmod(secret_path, 0604), 0);
    ck_assert_err(secret_file_read_key(back, secret_path), ERR_AUTH);
    ck_assert_err(secret_file_read_key(back, "/tmp"), ERR_AUTH);
}
END_TEST

static void write_secret(const char *text, size_t len)
{
    int fd = open(secret_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
    close(fd);
}

START_TEST(a_key_file_with_other_than_64_digits_is_refused)
{
    uint8_t key[32];
    char text[SECRET_FILE_MAX + 1];
    memset(text, '1', sizeof text);
    write_secret(text, 63);
    ck_assert_err(secret_file_read_key(key, secret_path), ERR_PARSE);
    write_secret(text, 66);
    ck_assert_err(secret_file_read_key(key, secret_path), ERR_PARSE);
    write_secret("", 0);
    ck_assert_err(secret_file_read_key(key, secret_path), ERR_PARSE);
    write_secret(text, sizeof text);
    ck_assert_err(secret_file_read_key(key, secret_path), ERR_TOO_LARGE);
    text[64] = ' ';
    text[65] = '\n';
    write_secret(text, 66);
    ck_assert_ok(secret_file_read_key(key, secret_path));
}
END_TEST

START_TEST(hex_accepts_exactly_the_digits_it_should)
{
    uint8_t out[2];
    ck_assert_ok(hex_decode_fixed(out, 2, "0xaBcD", 6));
    ck_assert_mem_eq(out, "\xab\xcd", 2);
    ck_assert_ok(hex_decode_fixed(out, 2, "abcd", 4));
    ck_assert_err(hex_decode_fixed(out, 2, "0xabc", 5), ERR_PARSE);
    ck_assert_err(hex_decode_fixed(out, 2, "0xabcdef", 8), ERR_PARSE);
    ck_assert_err(hex_decode_fixed(out, 2, "0xab", 4), ERR_PARSE);
    ck_assert_err(hex_decode_fixed(out, 2, "0Xabcd", 6), ERR_PARSE);
    ck_assert_err(hex_decode_fixed(out, 2, "ab d", 4), ERR_PARSE);
    struct bytes_buf buf;
    bytes_buf_init(&buf, 3);
    ck_assert_ok(hex_decode(&buf, "0x", 2));
    ck_assert_uint_eq(buf.len, 0);
    ck_assert_ok(hex_decode(&buf, "0x010203", 8));
    ck_assert_err(hex_decode(&buf, "04", 2), ERR_TOO_LARGE);
    ck_assert_mem_eq(buf.data, "\1\2\3", 3);
    bytes_buf_deinit(&buf);
    bytes_buf_init(&buf, 100);
    ck_assert_ok(hex_append_0x(&buf, "\x00\xff", 2));
    ck_assert_mem_eq(buf.data, "0x00ff", 6);
    bytes_buf_deinit(&buf);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("common/crypto");
    TCase *c = tcase_create("crypto");
    tcase_set_timeout(c, 30);
    tcase_add_test(c, keccak_equals_the_published_values);
    tcase_add_test(c, the_permutation_equals_nettles);
    tcase_add_test(c, keccak_of_every_length_in_any_pieces_equals_nettles);
    tcase_add_test(c, sha256_equals_nists_examples);
    tcase_add_test(c, one_compression_of_the_padded_block_is_the_hash);
    tcase_add_test(c, hmac_equals_rfc4231);
    tcase_add_test(c, hkdf_equals_rfc5869);
    tcase_add_test(c, hkdf_of_the_greatest_length_equals_openssls);
    tcase_add_test(c, known_keys_have_their_known_addresses);
    tcase_add_test(c, a_known_signature_recovers_its_signer);
    tcase_add_test(c, signatures_verify_and_any_changed_bit_breaks_them);
    tcase_add_test(c, the_same_signature_with_high_s_is_refused);
    tcase_add_test(c, a_key_of_zero_or_of_the_group_order_is_refused);
    tcase_add_test(c, hex_accepts_exactly_the_digits_it_should);
    TCase *files = tcase_create("secret files");
    tcase_add_checked_fixture(files, secret_setup, secret_teardown);
    tcase_add_test(files, a_key_file_is_read_back_only_with_tight_permissions);
    tcase_add_test(files, a_key_file_with_other_than_64_digits_is_refused);
    suite_add_tcase(s, c);
    suite_add_tcase(s, files);
    return check_main(s);
}

#include "common/base/u256.h"

#include <string.h>

#include "common/base/endian.h"
#include "common/base/require.h"

/* The division works on 32-bit digits (Knuth, TAOCP 4.3.1, algorithm D). */
#define WIDE_DIGITS 16 /* 512 bits */
#define DIGITS      8  /* 256 bits */

int u256_cmp(const struct u256 *a, const struct u256 *b)
{
    for (int i = 3; i >= 0; i--) {
        if (a->limb[i] != b->limb[i]) return a->limb[i] < b->limb[i] ? -1 : 1;
    }
    return 0;
}

bool u256_is_zero(const struct u256 *a)
{
    return (a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]) == 0;
}

unsigned u256_bit_length(const struct u256 *a)
{
    for (int i = 3; i >= 0; i--) {
        if (a->limb[i] != 0) return (unsigned)(i * 64 + 64 - __builtin_clzll(a->limb[i]));
    }
    return 0;
}

enum err u256_add(struct u256 *r, const struct u256 *a, const struct u256 *b)
{
    struct u256 sum;
    unsigned __int128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (unsigned __int128)a->limb[i] + b->limb[i];
        sum.limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
    if (carry != 0) return ERR_OVERFLOW;
    *r = sum;
    return ERR_OK;
}

enum err u256_sub(struct u256 *r, const struct u256 *a, const struct u256 *b)
{
    if (u256_cmp(a, b) < 0) return ERR_OVERFLOW;
    struct u256 diff;
    uint64_t borrow = 0;
    for (int i = 0; i < 4; i++) {
        unsigned __int128 d = (unsigned __int128)a->limb[i] - b->limb[i] - borrow;
        diff.limb[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    REQUIRE(borrow == 0);
    *r = diff;
    return ERR_OK;
}

static void mul_wide(uint64_t out[8], const struct u256 *a, const struct u256 *b)
{
    memset(out, 0, 8 * sizeof out[0]);
    for (int i = 0; i < 4; i++) {
        unsigned __int128 carry = 0;
        for (int j = 0; j < 4; j++) {
            carry += (unsigned __int128)a->limb[i] * b->limb[j] + out[i + j];
            out[i + j] = (uint64_t)carry;
            carry >>= 64;
        }
        out[i + 4] = (uint64_t)carry;
    }
}

enum err u256_mul(struct u256 *r, const struct u256 *a, const struct u256 *b)
{
    uint64_t wide[8];
    mul_wide(wide, a, b);
    if ((wide[4] | wide[5] | wide[6] | wide[7]) != 0) return ERR_OVERFLOW;
    memcpy(r->limb, wide, sizeof r->limb);
    return ERR_OK;
}

static unsigned digits_used(const uint32_t *d, unsigned count)
{
    while (count > 0 && d[count - 1] == 0)
        count--;
    return count;
}

/* Shifts count digits left by s < 32 bits into out, which has count + 1 digits. */
static void digits_shl(uint32_t *out, const uint32_t *in, unsigned count, unsigned s)
{
    uint64_t carry = 0;
    for (unsigned i = 0; i < count; i++) {
        carry |= (uint64_t)in[i] << s;
        out[i] = (uint32_t)carry;
        carry >>= 32;
    }
    out[count] = (uint32_t)carry;
}

static void div_by_digit(uint32_t *q, uint32_t *rem, const uint32_t *u, unsigned m, uint32_t v)
{
    uint64_t r = 0;
    for (unsigned i = m; i-- > 0;) {
        r = r << 32 | u[i];
        q[i] = (uint32_t)(r / v);
        r %= v;
    }
    rem[0] = (uint32_t)r;
}

/* Subtracts qhat * v from the n + 1 digits at u; returns whether the result went negative. */
static bool sub_multiple(uint32_t *u, const uint32_t *v, unsigned n, uint64_t qhat)
{
    uint64_t carry = 0;
    uint64_t borrow = 0;
    for (unsigned i = 0; i < n; i++) {
        carry += qhat * v[i];
        uint64_t d = (uint64_t)u[i] - (uint32_t)carry - borrow;
        u[i] = (uint32_t)d;
        borrow = d >> 63;
        carry >>= 32;
    }
    uint64_t d = (uint64_t)u[n] - carry - borrow;
    u[n] = (uint32_t)d;
    return d >> 63 != 0;
}

static void add_back(uint32_t *u, const uint32_t *v, unsigned n)
{
    uint64_t carry = 0;
    for (unsigned i = 0; i < n; i++) {
        carry += (uint64_t)u[i] + v[i];
        u[i] = (uint32_t)carry;
        carry >>= 32;
    }
    u[n] = (uint32_t)(u[n] + carry);
}

/* u (WIDE_DIGITS) = q (WIDE_DIGITS) * v (DIGITS, not 0) + rem (DIGITS). */
static void digits_divmod(uint32_t *q, uint32_t *rem, const uint32_t *u, const uint32_t *v)
{
    memset(q, 0, WIDE_DIGITS * sizeof q[0]);
    memset(rem, 0, DIGITS * sizeof rem[0]);
    unsigned n = digits_used(v, DIGITS);
    unsigned m = digits_used(u, WIDE_DIGITS);
    REQUIRE(n > 0);
    if (m < n) {
        memcpy(rem, u, m * sizeof u[0]);
        return;
    }
    if (n == 1) {
        div_by_digit(q, rem, u, m, v[0]);
        return;
    }
    unsigned s = (unsigned)__builtin_clz(v[n - 1]);
    uint32_t vn[DIGITS + 1];
    uint32_t un[WIDE_DIGITS + 1];
    digits_shl(vn, v, n, s);
    digits_shl(un, u, m, s);
    for (unsigned j = m - n + 1; j-- > 0;) {
        uint64_t top = (uint64_t)un[j + n] << 32 | un[j + n - 1];
        uint64_t qhat = top / vn[n - 1];
        uint64_t rhat = top % vn[n - 1];
        while (qhat >> 32 != 0 || qhat * vn[n - 2] > (rhat << 32 | un[j + n - 2])) {
            qhat--;
            rhat += vn[n - 1];
            if (rhat >> 32 != 0) break;
        }
        if (sub_multiple(un + j, vn, n, qhat)) {
            qhat--;
            add_back(un + j, vn, n);
        }
        q[j] = (uint32_t)qhat;
    }
    for (unsigned i = 0; i < n; i++) {
        rem[i] = (uint32_t)(((uint64_t)un[i + 1] << 32 | un[i]) >> s);
    }
}

static void digits_from_limbs(uint32_t *out, const uint64_t *limb, unsigned limbs)
{
    for (unsigned i = 0; i < limbs; i++) {
        out[2 * i] = (uint32_t)limb[i];
        out[2 * i + 1] = (uint32_t)(limb[i] >> 32);
    }
}

static struct u256 u256_from_digits(const uint32_t *d)
{
    struct u256 r;
    for (unsigned i = 0; i < 4; i++)
        r.limb[i] = (uint64_t)d[2 * i + 1] << 32 | d[2 * i];
    return r;
}

enum err u256_divmod(struct u256 *q, struct u256 *rem, const struct u256 *a, const struct u256 *b)
{
    if (u256_is_zero(b)) return ERR_DIV_ZERO;
    uint32_t ud[WIDE_DIGITS] = {0};
    uint32_t vd[DIGITS];
    uint32_t qd[WIDE_DIGITS];
    uint32_t rd[DIGITS];
    digits_from_limbs(ud, a->limb, 4);
    digits_from_limbs(vd, b->limb, 4);
    digits_divmod(qd, rd, ud, vd);
    if (q != NULL) *q = u256_from_digits(qd);
    if (rem != NULL) *rem = u256_from_digits(rd);
    return ERR_OK;
}

static enum err mul_div(struct u256 *r, bool *is_exact, const struct u256 *a, const struct u256 *b,
                        const struct u256 *c)
{
    if (u256_is_zero(c)) return ERR_DIV_ZERO;
    uint64_t wide[8];
    uint32_t ud[WIDE_DIGITS];
    uint32_t vd[DIGITS];
    uint32_t qd[WIDE_DIGITS];
    uint32_t rd[DIGITS];
    mul_wide(wide, a, b);
    digits_from_limbs(ud, wide, 8);
    digits_from_limbs(vd, c->limb, 4);
    digits_divmod(qd, rd, ud, vd);
    if (digits_used(qd, WIDE_DIGITS) > DIGITS) return ERR_OVERFLOW;
    *r = u256_from_digits(qd);
    *is_exact = digits_used(rd, DIGITS) == 0;
    return ERR_OK;
}

enum err u256_mul_div_floor(struct u256 *r, const struct u256 *a, const struct u256 *b,
                            const struct u256 *c)
{
    bool is_exact;
    return mul_div(r, &is_exact, a, b, c);
}

enum err u256_mul_div_ceil(struct u256 *r, const struct u256 *a, const struct u256 *b,
                           const struct u256 *c)
{
    bool is_exact;
    struct u256 q;
    ERR_TRY(mul_div(&q, &is_exact, a, b, c));
    if (!is_exact) {
        struct u256 one = u256_from_u64(1);
        ERR_TRY(u256_add(&q, &q, &one));
    }
    *r = q;
    return ERR_OK;
}

void u256_shl(struct u256 *r, const struct u256 *a, unsigned n)
{
    REQUIRE(n < 256);
    struct u256 out = U256_ZERO;
    unsigned words = n / 64;
    unsigned bits = n % 64;
    for (unsigned i = words; i < 4; i++) {
        out.limb[i] = a->limb[i - words] << bits;
        if (bits > 0 && i > words) out.limb[i] |= a->limb[i - words - 1] >> (64 - bits);
    }
    *r = out;
}

void u256_shr(struct u256 *r, const struct u256 *a, unsigned n)
{
    REQUIRE(n < 256);
    struct u256 out = U256_ZERO;
    unsigned words = n / 64;
    unsigned bits = n % 64;
    for (unsigned i = 0; i + words < 4; i++) {
        out.limb[i] = a->limb[i + words] >> bits;
        if (bits > 0 && i + words + 1 < 4) out.limb[i] |= a->limb[i + words + 1] << (64 - bits);
    }
    *r = out;
}

enum err u256_to_u64(uint64_t *out, const struct u256 *a)
{
    if ((a->limb[1] | a->limb[2] | a->limb[3]) != 0) return ERR_RANGE;
    *out = a->limb[0];
    return ERR_OK;
}

enum err u256_to_u128(unsigned __int128 *out, const struct u256 *a)
{
    if ((a->limb[2] | a->limb[3]) != 0) return ERR_RANGE;
    *out = (unsigned __int128)a->limb[1] << 64 | a->limb[0];
    return ERR_OK;
}

void u256_to_be(uint8_t out[32], const struct u256 *a)
{
    for (int i = 0; i < 4; i++)
        put_be64(out + 8 * i, a->limb[3 - i]);
}

enum err u256_from_be(struct u256 *out, const uint8_t *in, size_t len)
{
    if (len > 32) return ERR_RANGE;
    uint8_t full[32] = {0};
    if (len > 0) memcpy(full + 32 - len, in, len);
    for (int i = 0; i < 4; i++)
        out->limb[3 - i] = get_be64(full + 8 * i);
    return ERR_OK;
}

size_t u256_to_decimal(char out[U256_DECIMAL_MAX + 1], const struct u256 *a)
{
    char reversed[U256_DECIMAL_MAX];
    size_t count = 0;
    uint32_t d[DIGITS];
    digits_from_limbs(d, a->limb, 4);
    do {
        uint32_t digit;
        div_by_digit(d, &digit, d, DIGITS, 10);
        reversed[count++] = (char)('0' + digit);
    } while (digits_used(d, DIGITS) > 0);
    for (size_t i = 0; i < count; i++)
        out[i] = reversed[count - 1 - i];
    out[count] = '\0';
    return count;
}

enum err u256_from_decimal(struct u256 *out, const char *text, size_t len)
{
    if (len == 0 || (len > 1 && text[0] == '0')) return ERR_PARSE;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return ERR_PARSE;
    }
    struct u256 v = U256_ZERO;
    struct u256 ten = u256_from_u64(10);
    for (size_t i = 0; i < len; i++) {
        struct u256 digit = u256_from_u64((uint64_t)(text[i] - '0'));
        ERR_TRY(u256_mul(&v, &v, &ten));
        ERR_TRY(u256_add(&v, &v, &digit));
    }
    *out = v;
    return ERR_OK;
}

size_t u256_to_quantity(char out[67], const struct u256 *a)
{
    static const char hex[] = "0123456789abcdef";
    size_t count = 2;
    out[0] = '0';
    out[1] = 'x';
    unsigned nibbles = (u256_bit_length(a) + 3) / 4;
    if (nibbles == 0) nibbles = 1;
    for (unsigned i = nibbles; i-- > 0;) {
        out[count++] = hex[a->limb[i / 16] >> (i % 16 * 4) & 15];
    }
    out[count] = '\0';
    return count;
}

enum err u256_from_quantity(struct u256 *out, const char *text, size_t len)
{
    if (len < 3 || len > 66 || text[0] != '0' || text[1] != 'x') return ERR_PARSE;
    struct u256 v = U256_ZERO;
    for (size_t i = 2; i < len; i++) {
        char c = text[i];
        uint64_t nibble;
        if (c >= '0' && c <= '9')
            nibble = (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            nibble = (uint64_t)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            nibble = (uint64_t)(c - 'A') + 10;
        else
            return ERR_PARSE;
        u256_shl(&v, &v, 4);
        v.limb[0] |= nibble;
    }
    *out = v;
    return ERR_OK;
}

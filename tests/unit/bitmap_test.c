/* SPDX-License-Identifier: MIT */
/* Bitmaps against plain arrays, of sizes around the ends of words and blocks, and of all densities. */
#include "support.h"

#include "bitmap.h"

enum { ROWS_MAX = 9000, NO_ROW = UINT32_MAX };

struct plain {
    bool has[ROWS_MAX];
};

static void check(const struct bitmap *bitmap, const struct plain *plain)
{
    uint32_t count = 0, at = bitmap_next(bitmap, 0);
    struct bitmap_walk walk = {0};

    for (uint32_t row = 0; row < bitmap->rows; row++) {
        if (bitmap_has(bitmap, row) != plain->has[row])
            fail_msg("row %u of %u", (unsigned)row, (unsigned)bitmap->rows);
        if (!plain->has[row])
            continue;
        assert_int_equal(at, row);
        assert_int_equal(bitmap_walk(bitmap, &walk), row);
        assert_int_equal(bitmap_nth(bitmap, count), row);
        at = bitmap_next(bitmap, row + 1);
        count++;
    }
    assert_int_equal(at, NO_ROW);
    assert_int_equal(bitmap_walk(bitmap, &walk), NO_ROW);
    assert_int_equal(bitmap_next(bitmap, bitmap->rows), NO_ROW);
    assert_int_equal(bitmap_nth(bitmap, count), NO_ROW);
    assert_int_equal(bitmap_count(bitmap), count);
}

/* From rows all over to rows near and far behind them. */
static void check_between(const struct bitmap *bitmap, const struct plain *plain)
{
    static const uint32_t lengths[] = {1, 2, 63, 64, 65, 128, 700, 5000};

    for (uint32_t first = 0; first < bitmap->rows; first += 1 + bitmap->rows / 40)
        for (size_t l = 0; l < COUNT(lengths) && first + lengths[l] <= bitmap->rows; l++) {
            uint32_t last = first + lengths[l] - 1, count = 0;

            for (uint32_t row = first; row <= last; row++)
                count += plain->has[row];
            assert_int_equal(bitmap_count_between(bitmap, first, last), count);
        }
}

/* Every `step`th row, and some of them taken away again. */
static void draw(struct bitmap *bitmap, struct plain *plain, uint32_t rows, uint32_t step)
{
    assert_true(bitmap_make(bitmap, rows));
    memset(plain, 0, sizeof *plain);
    for (uint32_t row = step / 2; row < rows; row += step) {
        plain->has[row] = row % 7 != 0;
        bitmap_add(bitmap, row);
        if (!plain->has[row])
            bitmap_drop(bitmap, row);
    }
    check(bitmap, plain);
}

static void test_pairs(void **state)
{
    static const uint32_t sizes[] = {0, 1, 2, 63, 64, 65, 127, 129, 1000, 4095, 4096, 4097, 8192, ROWS_MAX};
    static const uint32_t steps[] = {1, 2, 3, 50, 100, 700, 5000, ROWS_MAX * 2};
    static struct plain x, y;

    (void)state;
    for (size_t s = 0; s < COUNT(sizes); s++)
        for (size_t i = 0; i < COUNT(steps) * COUNT(steps); i++) {
            struct bitmap a, b;
            uint32_t common = 0;

            draw(&a, &x, sizes[s], steps[i / COUNT(steps)]);
            draw(&b, &y, sizes[s], steps[i % COUNT(steps)]);
            for (uint32_t row = 0; row < sizes[s]; row++)
                common += x.has[row] && y.has[row];
            assert_int_equal(bitmap_count_common(&a, &b), common);
            check_between(&a, &x);
            if (i % 2)
                bitmap_and(&a, &b);
            else
                bitmap_or(&a, &b);
            for (uint32_t row = 0; row < sizes[s]; row++)
                x.has[row] = i % 2 ? x.has[row] && y.has[row] : x.has[row] || y.has[row];
            check(&a, &x);
            check(&b, &y);
            bitmap_add_all(&b);
            memset(y.has, true, sizeof y.has);
            check(&b, &y);
            bitmap_finish(&a);
            bitmap_finish(&b);
            bitmap_finish(&b);
        }
}

/* In memory of somebody else, which is zeroed. */
static void test_borrowed(void **state)
{
    struct plain plain = {{false}};
    void *memory = calloc(1, bitmap_bytes(5000));

    (void)state;
    assert_non_null(memory);
    struct bitmap bitmap = bitmap_in(memory, 5000);
    check(&bitmap, &plain);
    bitmap_add(&bitmap, 4999);
    plain.has[4999] = true;
    check(&bitmap, &plain);
    free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pairs), cmocka_unit_test(test_borrowed)};

    return cmocka_run_group_tests_name("bitmap", tests, NULL, NULL);
}

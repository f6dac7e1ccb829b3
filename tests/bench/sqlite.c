/* SPDX-License-Identifier: MIT */
/*
 * What a database in memory takes for the same answers: `sqlite FOLDER` reads what make_csv.py wrote into FOLDER, then answers
 * requests from standard input, one a line:
 *
 *   page CATEGORIES YEARS REGIONS     100 observations as smestatd has them in `data`, in the dataset's order
 *   facets CATEGORIES YEARS REGIONS   how many there are of each category and of each region, each under the other filters
 *
 * Lists are numbers with commas; `-` is no filter. Prints a line for each: nanoseconds of processor time, a tab, and the JSON.
 * The table has an index on category, year and region. Statements are prepared once for each length of the lists.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CATEGORY, YEAR, REGION, COLUMNS };
enum { PAGE, FACET_CATEGORY, FACET_REGION, KINDS };
enum { CODES_MAX = 25, STATEMENTS = (CODES_MAX + 1) * (CODES_MAX + 1) * (CODES_MAX + 1) };

struct list {
    int count, numbers[CODES_MAX];
};

/* What stands around the condition, and the column that the condition leaves out. */
static const struct {
    const char *before, *after;
    int without;
} kinds[KINDS] = {
    [PAGE] = {"SELECT json_group_array(json_object("
              " 'id', i.code || '.' || o.year || '.actual.' || r.code, 'indicator', i.code, 'name', i.name,"
              " 'category', c.code, 'region', r.code, 'kind', 'actual', 'year', o.year,"
              " 'period', CAST(o.year AS TEXT), 'period_basis', 'stated', 'as_of', NULL, 'value', json(o.value),"
              " 'qualifier', iif(o.value IS NULL, NULL, 'exact'), 'status', iif(o.value IS NULL, 'suppressed', NULL),"
              " 'lower', json(o.value), 'lower_closed', json(iif(o.value IS NULL, NULL, 'true')),"
              " 'upper', json(o.value), 'upper_closed', json(iif(o.value IS NULL, NULL, 'true')),"
              " 'unit', 'enterprises', 'display', o.display, 'wording', NULL, 'population', NULL, 'source', 'made',"
              " 'notes', json_array(), 'links', json_object("
              "  'self', '/v1/observations/' || i.code || '.' || o.year || '.actual.' || r.code,"
              "  'indicator', '/v1/indicators/' || i.code, 'source', '/v1/sources/made'))) "
              "FROM (SELECT * FROM observation WHERE true",
              " ORDER BY number LIMIT 100) o CROSS JOIN indicator i ON i.number = o.indicator "
              "CROSS JOIN category c ON c.number = o.category CROSS JOIN region r ON r.number = o.region",
              COLUMNS},
    [FACET_CATEGORY] = {"SELECT json_group_array(json_object('code', code, 'observations', n)) FROM "
                        "(SELECT category, count(*) n FROM observation WHERE true",
                        " GROUP BY category) JOIN category ON number = category", CATEGORY},
    [FACET_REGION] = {"SELECT json_group_array(json_object('code', code, 'observations', n)) FROM "
                      "(SELECT region, count(*) n FROM observation WHERE true",
                      " GROUP BY region) JOIN region ON number = region", REGION},
};
static const char *const columns[COLUMNS] = {[CATEGORY] = "category", [YEAR] = "year", [REGION] = "region"};

static sqlite3 *database;

static void die(const char *what)
{
    fprintf(stderr, "sqlite: %s: %s\n", what, database ? sqlite3_errmsg(database) : "cannot be read");
    exit(1);
}

static void execute(const char *sql)
{
    if (sqlite3_exec(database, sql, NULL, NULL, NULL) != SQLITE_OK)
        die(sql);
}

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *statement;

    if (sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
        die(sql);
    return statement;
}

/* ---- Loading --------------------------------------------------------------------------------------------------- */

/* Names stand once, in the table of categories, indicators or regions. What is printed of a number stands ready. */
static const char schema[] = "CREATE TABLE category (number INTEGER PRIMARY KEY, code TEXT);"
                             "CREATE TABLE region (number INTEGER PRIMARY KEY, code TEXT);"
                             "CREATE TABLE indicator (number INTEGER PRIMARY KEY, code TEXT, name TEXT);"
                             "CREATE TABLE observation (number INTEGER PRIMARY KEY, category INT, year INT, region "
                             "INT, indicator INT, value TEXT,"
                             " display TEXT);"
                             "BEGIN";
/* ?4 are the digits before the point, ?5 is the point with what follows; both are null in a suppressed number. */
static const char insert_observation[] =
    "INSERT INTO observation (category, year, region, indicator, value, display) VALUES (?1 % 20, ?3, ?2, ?1, ?4 || ?5,"
    " ifnull(format('%,d', CAST(?4 AS INTEGER)) || rtrim(rtrim(?5, '0'), '.') || ' enterprises', 'suppressed'))";
static const char names[] = "INSERT INTO indicator SELECT DISTINCT indicator, 'indicator-' || indicator, 'Indicator ' "
                            "|| indicator FROM observation;"
                            "INSERT INTO category SELECT DISTINCT category, 'category-' || category FROM observation;"
                            "INSERT INTO region SELECT DISTINCT region, 'region-' || region FROM observation;"
                            "COMMIT;"
                            "CREATE INDEX by_code ON observation (category, year, region);"
                            "ANALYZE";

static void load(const char *folder)
{
    char path[4096], line[256], value[64];
    int indicator, region, year;

    snprintf(path, sizeof path, "%s/rows.csv", folder);
    FILE *file = fopen(path, "r");
    if (!file || !fgets(line, sizeof line, file) || sqlite3_open(":memory:", &database) != SQLITE_OK)
        die(path);
    execute(schema);
    sqlite3_stmt *insert = prepare(insert_observation);
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "Indicator %d,Region %d,%d,%63[^\r\n]", &indicator, &region, &year, value) != 4)
            die(line);
        sqlite3_bind_int(insert, 1, indicator);
        sqlite3_bind_int(insert, 2, region);
        sqlite3_bind_int(insert, 3, year);
        int digits = (int)strcspn(value, ".");
        const char *number = *value == 'C' ? NULL : value;
        sqlite3_bind_text(insert, 4, number, digits, SQLITE_STATIC);
        sqlite3_bind_text(insert, 5, number ? number + digits : NULL, -1, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE)
            die("insert");
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    fclose(file);
    execute(names);
}

/* ---- Answering ------------------------------------------------------------------------------------------------- */

static sqlite3_stmt *statement_for(int kind, const struct list *lists)
{
    static sqlite3_stmt *prepared[KINDS][STATEMENTS];
    char *sql = NULL;
    size_t length = 0, place = 0;

    for (int i = 0; i < COLUMNS; i++)
        place = place * (CODES_MAX + 1) + (size_t)lists[i].count;
    if (prepared[kind][place])
        return prepared[kind][place];
    FILE *out = open_memstream(&sql, &length);
    if (!out)
        die("memory");
    fputs(kinds[kind].before, out);
    for (int i = 0; i < COLUMNS; i++) {
        if (i == kinds[kind].without || !lists[i].count)
            continue;
        fprintf(out, " AND %s IN (?", columns[i]);
        for (int j = 1; j < lists[i].count; j++)
            fputs(", ?", out);
        fputc(')', out);
    }
    fputs(kinds[kind].after, out);
    fclose(out);
    prepared[kind][place] = prepare(sql);
    free(sql);
    return prepared[kind][place];
}

/* The answer lives until the next one of the same statement. */
static const char *answer(int kind, const struct list *lists)
{
    sqlite3_stmt *statement = statement_for(kind, lists);
    int parameter = 0;

    sqlite3_reset(statement);
    for (int i = 0; i < COLUMNS; i++)
        for (int j = 0; i != kinds[kind].without && j < lists[i].count; j++)
            sqlite3_bind_int(statement, ++parameter, lists[i].numbers[j]);
    if (sqlite3_step(statement) != SQLITE_ROW)
        die("step");
    return (const char *)sqlite3_column_text(statement, 0);
}

static uint64_t processor_time(void)
{
    struct timespec at;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at) != 0)
        die("clock");
    return (uint64_t)at.tv_sec * 1000000000 + (uint64_t)at.tv_nsec;
}

static struct list read_list(char *text)
{
    struct list list = {0};
    char *number;

    if (!text)
        die("a list is missing");
    while (strcmp(text, "-") != 0 && (number = strsep(&text, ",")) != NULL) {
        if (list.count == CODES_MAX)
            die("too many codes");
        list.numbers[list.count++] = atoi(number);
        if (!text)
            break;
    }
    return list;
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t size = 0;

    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "--version") == 0)
        return puts(sqlite3_libversion()) < 0;
    load(argv[1]);
    while (getline(&line, &size, stdin) > 0) {
        struct list lists[COLUMNS];
        char *rest = line;

        line[strcspn(line, "\n")] = '\0';
        const char *what = strsep(&rest, " ");
        for (int i = 0; i < COLUMNS; i++)
            lists[i] = read_list(strsep(&rest, " "));
        uint64_t began = processor_time();
        if (strcmp(what, "page") == 0) {
            const char *page = answer(PAGE, lists);
            printf("%llu\t%s\n", (unsigned long long)(processor_time() - began), page);
        } else {
            const char *category = answer(FACET_CATEGORY, lists), *region = answer(FACET_REGION, lists);
            printf("%llu\t[%s,%s]\n", (unsigned long long)(processor_time() - began), category, region);
        }
        fflush(stdout);
    }
    free(line);
    return 0;
}

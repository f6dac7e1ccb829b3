/* SPDX-License-Identifier: MIT */
#ifndef SMESTAT_H
#define SMESTAT_H
/*
 * smestat.h - indicators that never lie: load a dataset, ask it, print the answer.
 *
 * In the order of use: faults, dataset, query, result. Rules that hold for every call:
 *
 * - Memory. What a `_new` or `_load` function gives is yours: end it with the matching `_free` or `_unref`, all of which
 *   accept NULL. Everything else that comes back is borrowed and lives as long as the object it was asked from.
 * - Results come back through last parameters named `ret_…`; when a call fails they stay untouched.
 * - Failure is a status. SME_BAD_INPUT comes with sentences in the fault list; every other one speaks for itself.
 * - Strings are UTF-8, NUL-terminated where no length stands beside them, and hold no NUL.
 * - Threads. A dataset never changes after loading: any number of threads may read one at the same time, and count its
 *   references. Every other object belongs to one thread at a time. There are no globals, no locale, no logging.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined __GNUC__
#define SME_API __attribute__((visibility("default")))
#else
#define SME_API
#endif

/** What a call came to. */
enum sme_status {
    SME_OK,
    SME_NO_MEMORY, /**< an allocation failed; everything is as it was before the call */
    SME_BAD_INPUT, /**< the caller's input is wrong; the fault list says what and where */
    SME_NOT_FOUND, /**< no such collection, row or column */
    SME_TOO_LARGE, /**< a ceiling was met (see the constants below) */
    SME_IO,        /**< the operating system refused to read a file; the fault list says why */
};

/** The library's version, as in its pkg-config file. */
SME_API const char *sme_version(void);

/* ------------------------------------------------------------------------------------------------------------------ */
/* Faults: what is wrong with a dataset file or a query, all of it, in order                                          */

/** One fault. Fields that don't apply are NULL or 0. */
struct sme_fault {
    const char *kind;           /**< a stable name such as "unknown-code" */
    const char *file;           /**< dataset faults: the file, as it was named when loading */
    unsigned line, column;      /**< dataset faults: from 1; columns count code points */
    const char *path;           /**< a JSON Pointer (RFC 6901), the header of a CSV column, or a query's parameter */
    const char *value;          /**< the offending text, cut to SME_FAULT_VALUE_BYTES, always valid UTF-8 */
    const char *accepted;       /**< what would be right: a grammar, a range or a list, in English */
    const char *resource;       /**< where the accepted values are listed, such as "/v1/categories" */
    const char *suggestions[3]; /**< the nearest right spellings, nearest first, ended by NULL if fewer */
    const char *repaired; /**< the parameter's whole value with the nearest spellings in place; NULL: none is near */
};

enum { SME_FAULT_VALUE_BYTES = 80, SME_FAULTS_MAX = 1000 };

struct sme_faults;

/** An empty list. It keeps the first SME_FAULTS_MAX faults and counts the rest. */
SME_API enum sme_status sme_faults_new(struct sme_faults **ret_faults);
SME_API void sme_faults_free(struct sme_faults *faults);
SME_API size_t sme_faults_count(const struct sme_faults *faults);
/** How many more there were than are kept. */
SME_API size_t sme_faults_dropped(const struct sme_faults *faults);
SME_API const struct sme_fault *sme_faults_at(const struct sme_faults *faults, size_t i);
/**
 * One sentence in `language` ("en", "zh"; others read English) that says what is wrong. Written to `out`, cut to `size`
 * bytes and always terminated.
 */
SME_API void sme_fault_sentence(const struct sme_fault *fault, const char *language, char *out, size_t size);
/** The title of the fault's kind, such as "Unknown category", in the same way. */
SME_API void sme_fault_title(const struct sme_fault *fault, const char *language, char *out, size_t size);

enum { SME_NEAREST_BYTES = 96 };

/** The up to three known words nearest to a word, nearest first; where there are fewer, the rest are empty. */
struct sme_nearest {
    const char *word;
    size_t length;
    char found[3][SME_NEAREST_BYTES];
    unsigned distance[3]; /**< edits apart; 100 and more where the word is only its beginning */
};

/** Starts with the word, which must outlive the search. */
SME_API struct sme_nearest sme_nearest_to(const char *word, size_t length);
/**
 * Offers a known word, which is copied if it is near: by optimal string alignment distance (insert, delete, replace, swap
 * neighbours: Damerau 1964), at most a quarter of the word and one apart; or if the word is the beginning of it.
 */
SME_API void sme_nearest_offer(struct sme_nearest *nearest, const char *candidate);

/* ------------------------------------------------------------------------------------------------------------------ */
/* Datasets                                                                                                           */

enum {
    SME_LANGUAGES_MAX = 8,  /**< languages of one dataset: every text is kept once for each */
    SME_DIMENSIONS_MAX = 8, /**< further dimensions of one dataset: each is a filter, a column, a part of ids */
    SME_DOCUMENT_BYTES_MAX = 1 << 26 /**< 64 MiB of JSON: at nine times that in memory, what a small machine bears */
};

struct sme_dataset;

/**
 * Loads a dataset document from a file, and the CSV files that it names. @return OK, BAD_INPUT, IO, TOO_LARGE or
 * NO_MEMORY.
 */
SME_API enum sme_status sme_dataset_load_file(const char *path, struct sme_faults *faults,
                                              struct sme_dataset **ret_dataset);
/** Told while a file of observations is read: its path, the dataset's rows so far, and how much of the file was read. */
typedef void sme_progress(void *context, const char *file, uint64_t rows, uint64_t bytes, uint64_t total_bytes);
/** The same as sme_dataset_load_file, telling how far it is a few times for each MiB of files beside the document. */
SME_API enum sme_status sme_dataset_load_file_with(const char *path, sme_progress *progress, void *context,
                                                   struct sme_faults *faults, struct sme_dataset **ret_dataset);
/**
 * The same from memory; `name` stands for the file in faults. The bytes are not needed afterwards. Such a document can
 * name no CSV files.
 */
SME_API enum sme_status sme_dataset_load(const char *name, const void *bytes, size_t length, struct sme_faults *faults,
                                         struct sme_dataset **ret_dataset);
/**
 * The name of the i-th dataset that is part of the library: "sme", China's small and medium-sized enterprises as of 1 March
 * 2023, and "sme-series", eight of its indicators and three more over the years. Static. @return NULL past the last one.
 */
SME_API const char *sme_builtin_name(size_t i);
/** Loads one of these. @return OK, NO_MEMORY, or NOT_FOUND (with the nearest names as a fault). */
SME_API enum sme_status sme_dataset_load_named(const char *name, struct sme_faults *faults,
                                               struct sme_dataset **ret_dataset);
/** Loads the first of these. @return OK or NO_MEMORY. */
SME_API enum sme_status sme_dataset_load_builtin(struct sme_faults *faults, struct sme_dataset **ret_dataset);

SME_API struct sme_dataset *sme_dataset_ref(struct sme_dataset *dataset);
/** Gives a reference back; the last one ends the dataset and every string borrowed from it. */
SME_API void sme_dataset_unref(struct sme_dataset *dataset);

SME_API const char *sme_dataset_id(const struct sme_dataset *dataset);
/**
 * 32 hex digits: XXH3-128 of the document's bytes and those of its CSV files behind them, in their order (as
 * `cat document file… | xxh128sum` prints it). Same bytes, same version.
 */
SME_API const char *sme_dataset_version(const struct sme_dataset *dataset);
/** The languages of the dataset's texts, default first. @return NULL past the last one. */
SME_API const char *sme_dataset_language(const struct sme_dataset *dataset, size_t i);
/**
 * The code of the i-th further dimension that the dataset declares, such as "region": also the name of a parameter of
 * queries on observations, targets, indicators and facets, and of a column of observations and targets, after "category".
 * @return NULL past the last one.
 */
SME_API const char *sme_dataset_dimension(const struct sme_dataset *dataset, size_t i);
/**
 * The path of the i-th file that the dataset was read from beside its document: CSV files with observations.
 * @return NULL past the last one.
 */
SME_API const char *sme_dataset_file(const struct sme_dataset *dataset, size_t i);
/** The schema of dataset documents (JSON Schema 2020-12). Static. */
SME_API const char *sme_dataset_schema(size_t *ret_length);

/* ------------------------------------------------------------------------------------------------------------------ */
/* Drafts: a first document for a CSV file that has none                                                              */

struct sme_draft;

/**
 * Guesses from a CSV file's headers and cells what its columns are, and writes a dataset document of that, to lie beside
 * the file. The same file gives the same bytes.
 * @return OK, NO_MEMORY, IO, or BAD_INPUT (no line of headers, rows of unequal length, not CSV) with the place.
 */
SME_API enum sme_status sme_draft_new(const char *path, struct sme_faults *faults, struct sme_draft **ret_draft);
SME_API void sme_draft_free(struct sme_draft *draft);
/** The document, JSON with a line feed at its end. */
SME_API const char *sme_draft_document(const struct sme_draft *draft, size_t *ret_length);
/** The i-th sentence about what was guessed, left out, or is to be filled in. @return NULL past the last one. */
SME_API const char *sme_draft_remark(const struct sme_draft *draft, size_t i);
/** What loading the document beside the file says is wrong with it; empty if nothing is. */
SME_API const struct sme_faults *sme_draft_faults(const struct sme_draft *draft);
/** Whether nothing is wrong with it, and nothing in it has two readings that a person must choose from. */
SME_API bool sme_draft_is_ready(const struct sme_draft *draft);

/* ------------------------------------------------------------------------------------------------------------------ */
/* Collections: what can be asked, in the order of the index. Static tables                                           */

/**
 * The name of the i-th collection ("indicators", "observations", …); the last one, "dataset", has one row, which says what
 * the dataset is. @return NULL past the last one.
 */
SME_API const char *sme_collection_name(size_t i);
/**
 * The name of the i-th column of a collection's rows, in the order of printing; a dataset's own dimensions come on top.
 * @return NULL past the last one.
 */
SME_API const char *sme_column_name(const char *collection, size_t i);
/** The name of the i-th parameter a query on the collection takes, beside dimensions. @return NULL past the last one. */
SME_API const char *sme_parameter_name(const char *collection, size_t i);

/** A format of answers. Static. */
struct sme_format {
    const char *name;         /**< as the parameter "format" takes it: "csv" */
    const char *extension;    /**< of file names and paths, with its dot: ".csv" */
    const char *media_type;   /**< to negotiate: "text/csv" */
    const char *content_type; /**< the media type with its parameters: "text/csv; charset=utf-8; header=present" */
    bool download;            /**< meant to be kept as a file */
};
/** The i-th format that answers on the collection come in; JSON is the first. @return NULL past the last one. */
SME_API const struct sme_format *sme_format_at(const char *collection, size_t i);

enum { SME_LIMIT_DEFAULT = 1000, SME_LIMIT_MAX = 10000, SME_QUERY_VALUE_BYTES_MAX = 4096 };

/* ------------------------------------------------------------------------------------------------------------------ */
/* Queries: parameters in, row numbers out                                                                            */

struct sme_query;

/**
 * A query on all rows of a collection. It keeps a reference to the dataset.
 * @return OK, NOT_FOUND (no such collection) or NO_MEMORY.
 */
SME_API enum sme_status sme_query_new(struct sme_dataset *dataset, const char *collection,
                                      struct sme_query **ret_query);
SME_API void sme_query_free(struct sme_query *query);

/**
 * Narrows the query to the one row with this id (or code, or a focus area's number); filters then choose among the
 * observations embedded in it. @return OK or NOT_FOUND (with the nearest ids as a fault).
 */
SME_API enum sme_status sme_query_set_id(struct sme_query *query, const char *id, struct sme_faults *faults);

/**
 * Sets one parameter ("category", "year", "kind.not", "q", "value", "match", "latest", "fields", "sort", "limit",
 * "offset", "lang", "format", "shape", "pretty", …); the grammar of each is the HTTP contract's, unescaped. A parameter may
 * be set once.
 * @return OK, NO_MEMORY, or BAD_INPUT with every fault of this value; the query is then as before.
 */
SME_API enum sme_status sme_query_set(struct sme_query *query, const char *name, const char *value, size_t length,
                                      struct sme_faults *faults);
/**
 * To be called when all parameters are set and the format is chosen: says what is wrong with them together ("match" without
 * "value", "shape" beside CSV).
 * @return OK, NO_MEMORY, or BAD_INPUT with every such fault; the query then runs as if the parameter were not set.
 */
SME_API enum sme_status sme_query_check(const struct sme_query *query, struct sme_faults *faults);
/** Chooses the language of texts when the parameter "lang" was not set. Unknown ones leave the default. */
SME_API void sme_query_prefer_language(struct sme_query *query, const char *language);

/** Chooses the format of the answer when the parameter "format" was not set. Unknown ones leave the default, JSON. */
SME_API void sme_query_prefer_format(struct sme_query *query, const char *name);
/** The format that the answer will be in. Static. */
SME_API const struct sme_format *sme_query_format(const struct sme_query *query);
/** The media type of the answer with its parameters, which name the shape of JSON that is no list of rows. Static. */
SME_API const char *sme_query_content_type(const struct sme_query *query);
/** The language that answers will be in: a code, or "all". */
SME_API const char *sme_query_language(const struct sme_query *query);
/**
 * The one spelling of this query: path and parameters as a relative link, such as
 * "/v1/observations?category=cultivation&year=2022". Equal queries have equal links. @return NULL: no memory.
 */
SME_API const char *sme_query_link(struct sme_query *query);

/* ------------------------------------------------------------------------------------------------------------------ */
/* Results                                                                                                            */

struct sme_result;

/** Runs the query, which must outlive the result and not be changed meanwhile. @return OK or NO_MEMORY. */
SME_API enum sme_status sme_query_run(struct sme_query *query, struct sme_result **ret_result);
SME_API void sme_result_free(struct sme_result *result);

/** Rows on this page. */
SME_API size_t sme_result_count(const struct sme_result *result);
/** Rows on all pages. */
SME_API size_t sme_result_total(const struct sme_result *result);
/** Rows left out only because their year is unknown. */
SME_API size_t sme_result_undated_excluded(const struct sme_result *result);
/** The link of the page after this one or before it. @return NULL: there is none. */
SME_API const char *sme_result_next(const struct sme_result *result);
SME_API const char *sme_result_prev(const struct sme_result *result);

enum sme_type {
    SME_NULL,
    SME_TEXT,   /**< for people */
    SME_CODE,   /**< for programs: an identifier, a date, a word of a fixed list */
    SME_NUMBER, /**< the digits as the dataset wrote them */
    SME_BOOLEAN,
    SME_JSON, /**< a list or an object, as JSON */
};

/** One cell of a row. `text` is terminated, and lives until the next call of sme_result_cell with this result. */
struct sme_cell {
    enum sme_type type;
    const char *text;
    size_t length;
};

/** Reads one cell. @return OK, NOT_FOUND (no such row or column) or NO_MEMORY. */
SME_API enum sme_status sme_result_cell(struct sme_result *result, size_t row, const char *column,
                                        struct sme_cell *ret_cell);

/** Writes what it is given somewhere. @return false stops the printing with SME_IO. */
typedef bool sme_write(void *context, const void *bytes, size_t length);

/**
 * Prints the whole answer in the query's format. JSON is {"data", "meta", "links"}; `base` stands before every link ("" for
 * relative ones).
 * @return OK, NO_MEMORY, TOO_LARGE (more than SME_ANSWER_BYTES_MAX) or IO.
 */
SME_API enum sme_status sme_result_write(struct sme_result *result, const char *base, sme_write *write, void *context);
/** The same as a text, terminated, which is yours to free() with the C library. @return OK, NO_MEMORY or TOO_LARGE. */
SME_API enum sme_status sme_result_print(struct sme_result *result, const char *base, char **ret_text,
                                         size_t *ret_length);

enum { SME_ANSWER_BYTES_MAX = 1 << 28 };

#ifdef __cplusplus
}
#endif
#endif

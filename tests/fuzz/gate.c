/* SPDX-License-Identifier: MIT */
/*
 * The gate: the first byte says in how large pieces the others come. Whatever comes, in whatever pieces: the library sees
 * no byte that a head may not have, the same bytes are refused for the same reason at the same head, and after a refusal
 * nothing but the end of that head passes.
 */
#include "fuzz.h"

#include "gate.h"

enum { SIZE = 1024 };

struct seen {
    struct gate gate;
    char bytes[1 << 16];
    size_t length;
};

static const struct gate_limits limits = {.head_bytes = 4000, .fields = 20};

static void look(struct seen *seen, const char *bytes, size_t length)
{
    MUST(length <= SIZE && seen->length + length <= sizeof seen->bytes);
    for (size_t i = 0; i < length && !seen->gate.content; i++)
        MUST((unsigned char)bytes[i] >= ' ' || (bytes[i] && strchr("\r\n\t\x1a", bytes[i])));
    memcpy(seen->bytes + seen->length, bytes, length);
    seen->length += length;
}

static void pass(struct seen *seen, const uint8_t *bytes, size_t length, size_t step)
{
    char buffer[SIZE];

    seen->gate = (struct gate){.limits = &limits};
    seen->length = 0;
    for (const uint8_t *end = bytes + length; bytes < end || gate_has_ending(&seen->gate);) {
        size_t piece = gate_has_ending(&seen->gate) ? 0 : step < (size_t)(end - bytes) ? step : (size_t)(end - bytes);

        memcpy(buffer, bytes, piece);
        bytes += piece;
        look(seen, buffer, gate_pass(&seen->gate, buffer, piece, sizeof buffer));
    }
    look(seen, buffer, gate_end(&seen->gate, false, buffer, sizeof buffer));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct seen whole, parts;

    if (length == 0 || length > 8192)
        return 0;
    pass(&whole, bytes + 1, length - 1, SIZE);
    pass(&parts, bytes + 1, length - 1, bytes[0] % 61 + 1);
    MUST(whole.gate.refusal == parts.gate.refusal);
    MUST(whole.gate.refused_head == parts.gate.refused_head && whole.gate.heads == parts.gate.heads);
    MUST(whole.length == parts.length);
    for (size_t i = 0; i < whole.length; i++) /* a name that begins like one to be hidden may be hidden, too */
        MUST(whole.bytes[i] == parts.bytes[i] || whole.bytes[i] == '-' || parts.bytes[i] == '-');
    if (whole.gate.refusal)
        MUST(whole.gate.refused_head == whole.gate.heads);
    return 0;
}

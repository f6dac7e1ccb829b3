/* SPDX-License-Identifier: MIT */
#include "problem.h"

#include <string.h>

/* By status. Faults of a query come from the library under the same names; a test compares. */
static const struct problem problems[] = {
    {
        "malformed-request",
        400,
        {"Malformed request", "请求格式错误"},
        {"The request is not what HTTP/1.1 allows, so it was not read further and the connection ends.",
         "请求不符合HTTP/1.1规范，因此不再继续读取，连接随即关闭。"},
    },
    {
        "content-not-accepted",
        400,
        {"Content not accepted", "不接受请求正文"},
        {"Requests for reading bring no content here. Send it without a body.",
         "读取请求不应带正文，请去掉正文后重试。"},
    },
    {
        "bad-encoding",
        400,
        {"Bad encoding", "编码错误"},
        {"Path and query must be UTF-8, percent-encoded where needed, without NUL.",
         "路径和查询必须是UTF-8，必要时使用百分号编码，且不得包含NUL。"},
    },
    {
        "too-many-parameters",
        400,
        {"Too many parameters", "参数过多"},
        {"At most 64 parameters and 8 path segments are read. Join values with commas.",
         "最多读取64个参数和8段路径。多个值请用逗号连接。"},
    },
    {
        "unknown-parameter",
        400,
        {"Unknown parameter", "未知参数"},
        {"The resource does not take this parameter. Nothing is silently ignored: correct its name or leave it out.",
         "该资源不接受此参数。任何参数都不会被悄悄忽略：请更正名称或将其删除。"},
    },
    {
        "repeated-parameter",
        400,
        {"Repeated parameter", "参数重复"},
        {"A parameter stands once in a query. Join several values with commas.",
         "每个参数只能出现一次，多个值请用逗号连接。"},
    },
    {
        "unknown-code",
        400,
        {"Unknown code", "未知代码"},
        {"A value is not one of the codes that the dataset defines. The link under \"allowed\" lists them.",
         "该值不是数据集定义的代码。“allowed”给出的链接列出了全部代码。"},
    },
    {
        "invalid-value",
        400,
        {"Invalid value", "无效的值"},
        {"A value does not follow the parameter's grammar, which is given under \"allowed\".",
         "该值不符合参数的格式，正确格式见“allowed”。"},
    },
    {
        "missing-parameter",
        400,
        {"Missing parameter", "缺少参数"},
        {"A parameter needs another one beside it, which is named under \"allowed\". Alone it would say nothing.",
         "该参数须与另一个参数一起使用（见“allowed”），单独使用没有意义。"},
    },
    {
        "conflicting-parameters",
        400,
        {"Parameters that do not go together", "参数不能同时使用"},
        {"A parameter says nothing about the answer that the others ask for, such as shape about CSV. Leave one out.",
         "某个参数与其他参数所要求的答复无关，例如对CSV使用shape。请去掉其中一个。"},
    },
    {
        "not-found",
        404,
        {"Not found", "未找到"},
        {"There is nothing at this address. The nearest known ones are given, if there are any.",
         "此地址没有内容。如有相近的已知地址，已一并列出。"},
    },
    {
        "method-not-allowed",
        405,
        {"Method not allowed", "方法不允许"},
        {"This service is for reading: GET, HEAD and OPTIONS.", "本服务只供读取：GET、HEAD和OPTIONS。"},
    },
    {
        "not-acceptable",
        406,
        {"Not acceptable", "无法提供所需格式"},
        {"None of the formats asked for can be given here. The ones that can are listed under \"allowed\".",
         "无法提供所请求的任何格式，可用的格式见“allowed”。"},
    },
    {
        "request-timeout",
        408,
        {"Request timeout", "请求超时"},
        {"The head of the request took too long to arrive, so the connection ends.",
         "请求头未在规定时间内到达，连接随即关闭。"},
    },
    {
        "target-too-long",
        414,
        {"Target too long", "请求目标过长"},
        {"The request line is longer than the service reads. Ask for less at a time.",
         "请求行超过了服务读取的长度，请分次查询。"},
    },
    {
        "head-too-large",
        431,
        {"Request head too large", "请求头过大"},
        {"The request has more or longer header fields than the service reads.",
         "请求头字段过多或过长，超过了服务读取的限度。"},
    },
    {
        "internal-error",
        500,
        {"Internal error", "内部错误"},
        {"The answer could not be made. This is a fault of the service, not of the request.",
         "未能生成答复。这是服务的故障，与请求无关。"},
    },
    {
        "out-of-memory",
        503,
        {"Out of memory", "内存不足"},
        {"There is no memory for this request now. Try again later.", "目前没有足够的内存处理此请求，请稍后再试。"},
    },
    {
        "too-many-connections",
        503,
        {"Too many connections", "连接过多"},
        {"The service holds as many connections as it may, or this address does. Try again later.",
         "服务的连接数或此地址的连接数已达上限，请稍后再试。"},
    },
    {
        "too-many-large-answers",
        503,
        {"Too many large answers", "大型答复过多"},
        {"Large answers that clients have not taken yet hold all the memory that they may. Ask for less at a time, or "
         "try again later.",
         "客户端尚未取走的大型答复已占满可用内存。请减少每次查询的数据，或稍后再试。"},
    },
    {
        "older-dataset",
        503,
        {"Older dataset", "数据集较旧"},
        {"The dataset served here has not reached the day that Smestat-As-Of names. Another replica may have; try "
         "again.",
         "此处提供的数据集尚未达到Smestat-As-Of所要求的日期；其他副本可能已更新，请重试。"},
    },
    {
        "draining",
        503,
        {"Draining", "正在停止"},
        {"The service is about to stop and should get no new requests.", "服务即将停止，不应再接收新请求。"},
    },
    {
        "http-version-not-supported",
        505,
        {"HTTP version not supported", "不支持的HTTP版本"},
        {"HTTP/1.1 and HTTP/1.0 are understood.", "仅支持HTTP/1.1和HTTP/1.0。"},
    },
};

const struct problem *problem_at(size_t i)
{
    return i < sizeof problems / sizeof problems[0] ? &problems[i] : NULL;
}

const struct problem *problem_find(const char *slug)
{
    for (size_t i = 0; i < sizeof problems / sizeof problems[0]; i++)
        if (strcmp(problems[i].slug, slug) == 0)
            return &problems[i];
    return NULL;
}

const char *words_in(const struct words_in *words, const char *language)
{
    return strncmp(language, "zh", 2) == 0 ? words->zh : words->en;
}

# SPDX-License-Identifier: MIT
# Varnish 7 before smestatd: varnishd -a :80 -f deploy/varnish.vcl -p http_gzip_support=off
# Without gzip support of its own it keeps what the daemon sends for each Accept-Encoding, with an ETag for each.
# The daemon logs for whom Varnish asks if it knows its address: smestatd --trusted-proxies 127.0.0.1
vcl 4.1;

backend default {
    .host = "127.0.0.1";
    .port = "8080";
    .probe = {
        .url = "/readyz";
        .interval = 250ms;
        .timeout = 1s;
        .window = 2;
        .threshold = 1;
    }
}

sub vcl_recv {
    # What a client claims about itself is dropped.
    unset req.http.Forwarded;
    set req.http.X-Forwarded-For = client.ip;
    # For those who watch, inside; however it is written, for no name at the top needs a %.
    if (req.url ~ "^(https?://[^/]*)?/((metrics|readyz|version)(\?|$)|[^/?]*%)") {
        return (synth(404));
    }
    # Who has seen a newer dataset is not given what is kept.
    if (req.http.Smestat-As-Of) {
        return (pass);
    }
    unset req.http.Cookie;
}

sub vcl_backend_response {
    # After max-age an answer is given once more at once, and asked for again behind that; while the daemon is away, for
    # so long.
    set beresp.grace = 1h;
    # The daemon then says in a few bytes that nothing changed.
    set beresp.keep = 1d;
    if (beresp.status >= 500 && bereq.is_bgfetch) {
        return (abandon);
    }
}

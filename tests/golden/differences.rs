//! Where edgehop answers otherwise than the sample, and the defect that it mends.

/// In many answers: what differs, and why.
pub(crate) const EVERYWHERE: [(&str, &str); 6] = [
    ("content-encoding", "`Content-Encoding: gzip` on a `.tar.gz`: clients that honour it save a bare tar"),
    ("media type", "`application/x-gzip` is unregistered; RFC 6713 has `application/gzip`"),
    ("url", "`s3://` URLs no device can fetch"),
    ("manifest's place", "the manifest last in the tar, where a streaming reader wants it first"),
    ("error lifetime", "errors cached as long as answers"),
    ("framework page", "an HTML page of the web framework where devices want JSON, or text"),
];

/// In one answer: which, what differs, and why.
pub(crate) const CASES: [(&str, &str, &str); 11] = [
    ("attr-empty-name-meta", "status", "500 on odd input"),
    ("inj-arch-full-dump-meta", "status", "the query is pasted into PartiQL: any device can dump the table"),
    ("inj-arch-meta", "status", "the query is pasted into PartiQL: any device can dump the table"),
    ("inj-arch-quote-meta", "status", "the query is pasted into PartiQL; 500 on odd input"),
    ("inj-attr-meta", "status", "the query is pasted into PartiQL; 500 on odd input"),
    ("inm-quoted-one", "trimmed", "entity tags must be bare, exact and without spaces"),
    ("inm-quoted-one-meta", "trimmed", "entity tags must be bare, exact and without spaces"),
    ("inm-upper-meta", "trimmed", "entity tags must be bare, exact and without spaces"),
    ("inm-weak-one-meta", "trimmed", "entity tags must be bare, exact and without spaces"),
    ("range-u1", "status", "the package built in memory: no part of it can be asked for"),
    ("root", "text", "no defect: the framework's greeting names the service here"),
];

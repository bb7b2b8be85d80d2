-- What check.sh read: the SHA-256 of all lines but the last, headers with trailers, and records.
CREATE TABLE expected (records INTEGER);
CREATE TABLE sums (file TEXT, sum TEXT);
CREATE TABLE files (
    file TEXT, destination TEXT, number INTEGER, since TEXT, until TEXT, first INTEGER, last INTEGER, lines INTEGER,
    count INTEGER, sum TEXT, strange INTEGER
);
CREATE TABLE records (
    file TEXT, destination TEXT, sequence INTEGER, type TEXT, call TEXT, part INTEGER, start TEXT, answer TEXT,
    stop TEXT, billable_s TEXT, utc_offset TEXT, reconciled TEXT, node TEXT
);
.import sums sums
.import files files
.import records records
CREATE INDEX record_of_call ON records (call);

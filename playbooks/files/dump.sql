-- The dump and the counts see the same instant: the snapshot of one transaction, whatever is written meanwhile.
\set ON_ERROR_STOP on
\set QUIET on
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SELECT pg_export_snapshot() AS snapshot \gset
\setenv USN_SNAPSHOT :snapshot
\! "$USN_PROGRAMS/pg_dump" --format=custom --snapshot="$USN_SNAPSHOT" --file="$USN_DUMP" "$USN_DATABASE" || rm -f "$USN_DUMP"

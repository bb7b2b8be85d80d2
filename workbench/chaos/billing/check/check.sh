#!/bin/sh
# Reads delivered files of CDRs as their receiver can, with sha256sum, awk and sqlite3, and none of the node's code:
#   check.sh FILES WORK RECORDS SQLITE3 QUERIES...
# FILES: a directory with a directory for each destination; WORK: for the database; RECORDS: so many there are to be, 0: as
# many as the highest number says; QUERIES: files of SQL. Prints name|value lines.
set -eu
files=$1 work=$2 expected=$3 sqlite=$4
shift 4
here=$(dirname "$0")
: >"$work/records"
: >"$work/files"
find "$files" -type f -name 'usn-*.csv' | LC_ALL=C sort >"$work/names"
while read -r file; do
    printf '%s|%s\n' "$file" "$(head -n -1 "$file" | sha256sum | cut -d' ' -f1)"
done <"$work/names" >"$work/sums"
xargs -r awk -v records="$work/records" -v files="$work/files" -f "$here/lines.awk" <"$work/names"
rm -f "$work/check.db"
{
    echo ".bail on"
    echo ".separator |"
    cat "$here/tables.sql"
    echo "INSERT INTO expected VALUES ($expected);"
    cat "$@"
} >"$work/queries.sql"
cd "$work"
"$sqlite" -batch check.db <"$work/queries.sql"

# What the files of CDRs hold, one row a record and one a file, for sqlite3: by docs/integrator/cdr-fields.md alone.
#   awk -v records=PLACE -v files=PLACE -f lines.awk FILE...
BEGIN { FS = ","; OFS = "|" }
FNR == 1 {
    if (file != "") finish()
    file = FILENAME
    destination = number = since = until = first = last = count = sum = ""
    lines = trailers = strange = 0
    delete at
}
trailers { strange++ }
$1 == "H" && FNR == 1 { destination = $3; number = $4; since = $5; until = $6; first = $7; last = $8; next }
$1 == "N" && FNR == 2 { for (i = 2; i <= NF; i++) at[$i] = i; next }
$1 == "R" {
    lines++
    print file, destination, value("sequence"), value("type"), value("call"), value("part"), value("start"), \
        value("answer"), value("stop"), value("billable_s"), value("utc_offset"), value("reconciled"), \
        value("node") >> records
    next
}
$1 == "T" { trailers++; count = $2; sum = $3; next }
{ strange++ }
END { if (file != "") finish() }
function value(name) { return name in at ? $(at[name]) : "" }
function finish() {
    print file, destination, number, since, until, first, last, lines, count, sum, strange + (trailers != 1) >> files
}

-- How many rows each table has, as one JSON object. query_to_xml runs the count that format() writes.
SELECT json_object_agg(relname, rows ORDER BY relname)
FROM (
  SELECT
    relname,
    (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %I', relname), false, true, '')))[1]
      ::text::bigint AS rows
  FROM pg_class
  WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
) AS counted;

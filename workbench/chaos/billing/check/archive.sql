-- Whether each file is whole, each number there once, and each record there once. Of each, how many are not.
SELECT 'destinations', count(DISTINCT destination) FROM files;
SELECT 'files', count(*) FROM files;
SELECT 'records', count(*) FROM records;
SELECT 'highest_sequence', ifnull(max(sequence), 0) FROM records;
SELECT 'files_not_whole', count(*) FROM files JOIN sums USING (file)
    WHERE files.sum <> sums.sum OR count <> lines OR strange > 0;
SELECT 'names_that_say_other_than_the_header', count(*) FROM files
    WHERE file NOT LIKE '%/usn-' || destination || '-' || printf('%09d', number) || '-'
        || replace(replace(until, '-', ''), ':', '') || '.csv';
SELECT 'file_numbers_missing', ifnull(sum(missing), 0)
    FROM (SELECT max(number) - count(DISTINCT number) AS missing FROM files GROUP BY destination);
SELECT 'file_numbers_twice', ifnull(sum(twice), 0)
    FROM (SELECT count(*) - count(DISTINCT number) AS twice FROM files GROUP BY destination);
SELECT 'hours_without_a_file', count(*) FROM
    (SELECT strftime('%s', until) - lag(strftime('%s', until)) OVER (PARTITION BY destination ORDER BY number) AS after
     FROM files) WHERE after <> 3600;
SELECT 'files_that_do_not_follow', count(*) FROM
    (SELECT first - 1 - lag(last, 1, 0) OVER (PARTITION BY destination ORDER BY number) AS gap FROM files) WHERE gap <> 0;
SELECT 'records_outside_their_file', count(*) FROM records JOIN files USING (file)
    WHERE sequence NOT BETWEEN first AND last;
SELECT 'records_missing',
    (SELECT CASE records WHEN 0 THEN (SELECT ifnull(max(sequence), 0) FROM records) ELSE records END FROM expected)
    * (SELECT count(DISTINCT destination) FROM files)
    - (SELECT count(*) FROM (SELECT DISTINCT destination, sequence FROM records));
SELECT 'records_twice', (SELECT count(*) FROM records)
    - (SELECT count(*) FROM (SELECT DISTINCT destination, sequence FROM records));

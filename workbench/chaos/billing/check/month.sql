-- The delivered records beside the switch's own log (event,time,id,channel,context), and beside the local calendar: run it with
-- TZ set. gaps: from when until when usnd could not hear the switch; what it read of calls afterwards has whole seconds.
CREATE TABLE legs_log (event TEXT, time TEXT, id TEXT, channel TEXT, context TEXT);
CREATE TABLE gaps (since INTEGER, until INTEGER, kind TEXT);
.separator ,
.import legs.csv legs_log
.import gaps.csv gaps
.separator |
CREATE TABLE legs AS SELECT id,
    CASE WHEN id LIKE 'usn-%' AND instr(id, '.') > 0 THEN substr(id, 1, instr(id, '.') - 1) ELSE id END AS first_attempt,
    min(CASE event WHEN 'ANSWER' THEN ms END) AS answered, max(CASE event WHEN 'HANGUP' THEN ms END) AS ended,
    max(CASE event WHEN 'HANGUP' THEN context END) AS context, sum(event = 'HANGUP') AS ends
    FROM (SELECT *, CAST(substr(time, 1, instr(time, '.') - 1) AS INTEGER) * 1000
        + CAST(substr(time, instr(time, '.') + 1, 3) AS INTEGER) AS ms FROM legs_log WHERE channel LIKE 'PJSIP/%') GROUP BY id;
CREATE INDEX leg_attempts ON legs (first_attempt);
CREATE TABLE calls AS SELECT destination, call,
    CASE WHEN call LIKE 'usn-%' AND instr(call, '.') > 0 THEN substr(call, 1, instr(call, '.') - 1) ELSE call END
        AS first_attempt,
    sum(CAST(replace(billable_s, '.', '') AS INTEGER)) AS billed, max(answer) AS answer, max(reconciled) AS reconciled,
    sum(type = 'call') AS finals, count(*) AS parts, count(DISTINCT part) AS numbers, max(part) AS last_part
    FROM records GROUP BY destination, call;
CREATE INDEX call_attempts ON calls (first_attempt);
CREATE TABLE tied AS SELECT calls.*, ifnull(ended - answered, 0) AS talked, billed - ifnull(ended - answered, 0) AS differs,
    answered, ended,
    EXISTS (SELECT 1 FROM gaps WHERE answered BETWEEN since AND until OR ended BETWEEN since AND until) AS in_gap
    FROM calls JOIN legs ON legs.id = calls.call;

SELECT 'legs', count(*) FROM legs;
SELECT 'legs_that_do_not_end_once', count(*) FROM legs WHERE ends <> 1;
SELECT 'legs_without_a_record', count(*) FROM legs CROSS JOIN (SELECT DISTINCT destination FROM files) AS one
    WHERE context NOT IN ('usn-incoming', 'usn-pin', 'usn-refused')
    AND NOT EXISTS (SELECT 1 FROM calls WHERE call = legs.id AND destination = one.destination)
    AND NOT (answered IS NULL AND EXISTS
        (SELECT 1 FROM calls WHERE calls.first_attempt = legs.first_attempt AND destination = one.destination));
SELECT 'calls', count(*) FROM calls;
SELECT 'calls_answered', count(*) FROM calls WHERE answer <> '';
SELECT 'calls_answered_without_a_leg', count(*) FROM calls WHERE answer <> '' AND call NOT IN (SELECT id FROM legs);
SELECT 'calls_charged_twice_or_in_part', count(*) FROM calls
    WHERE finals <> 1 OR parts <> numbers OR last_part <> parts;
SELECT 'answers_that_differ', count(*) FROM tied
    WHERE (answered IS NULL) <> (answer = '') AND NOT (reconciled = 'yes' AND talked <= 5000);
SELECT 'interim_records', count(*) FROM records WHERE type = 'interim';
SELECT 'calls_with_interim_records', count(*) FROM calls WHERE parts > 1;
SELECT 'calls_heard', count(*) FROM tied WHERE reconciled = 'no' AND NOT in_gap;
SELECT 'calls_heard_that_differ', count(*) FROM tied WHERE reconciled = 'no' AND NOT in_gap AND differs <> 0;
SELECT 'calls_heard_ms_of_the_switch', ifnull(sum(talked), 0) FROM tied WHERE reconciled = 'no' AND NOT in_gap;
SELECT 'calls_heard_ms_billed', ifnull(sum(billed), 0) FROM tied WHERE reconciled = 'no' AND NOT in_gap;
SELECT 'calls_read_afterwards', count(*) FROM tied WHERE reconciled = 'no' AND in_gap;
SELECT 'calls_read_afterwards_that_differ', count(*) FROM tied WHERE reconciled = 'no' AND in_gap AND abs(differs) >= 1000;
SELECT 'calls_read_afterwards_ms', ifnull(sum(differs), 0) FROM tied WHERE reconciled = 'no' AND in_gap;
SELECT 'calls_reconciled', count(*) FROM tied WHERE reconciled = 'yes';
SELECT 'calls_reconciled_too_long', count(*) FROM tied WHERE reconciled = 'yes' AND differs > 0;
SELECT 'calls_reconciled_too_short', count(*) FROM tied WHERE reconciled = 'yes' AND differs < -5000;
SELECT 'calls_reconciled_ms', ifnull(sum(differs), 0) FROM tied WHERE reconciled = 'yes';
SELECT 'records_late', count(*) FROM records JOIN files USING (file)
    WHERE type = 'call' AND strftime('%s', substr(stop, 1, 19)) < strftime('%s', since);
SELECT 'servers', count(DISTINCT node) FROM records;
SELECT 'offsets_that_are_wrong', count(*) FROM
    (SELECT utc_offset, (strftime('%s', substr(start, 1, 19), 'localtime') - strftime('%s', substr(start, 1, 19))) / 60 AS east
     FROM records)
    WHERE utc_offset <> printf('%s%02d:%02d', CASE WHEN east < 0 THEN '-' ELSE '+' END, abs(east) / 60, abs(east) % 60);
SELECT 'files_on_' || day, count(*) FROM (SELECT date(since, 'localtime') AS day FROM files
    WHERE destination = (SELECT min(destination) FROM files)) GROUP BY day ORDER BY day;

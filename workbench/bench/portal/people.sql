-- What the subscribers of the portal's bench have: people.py runs it, statement by statement.

INSERT INTO subscribers (number, created_at, changed_at)
SELECT '+4470' || lpad(n::text, 8, '0'), now(), now()
FROM generate_series(0, :most - 1) AS n;

CREATE TEMPORARY TABLE mine AS
SELECT id, number, row_number() OVER (ORDER BY number) - 1 AS nth
FROM subscribers
WHERE number LIKE '+4470________'
ORDER BY number LIMIT :browsing;

INSERT INTO users (subscriber_id, nick_key, nick, number, first, last)
SELECT id, 'ann' || u, 'ann' || u, '+4477009' || lpad(u::text, 5, '0'), 'Ann ' || u, 'Smith'
FROM mine, generate_series(1, :users) AS u;

INSERT INTO groups (subscriber_id, name_key, name)
SELECT id, 'team' || g, 'Team' || g
FROM mine, generate_series(1, 5) AS g;

INSERT INTO group_members (group_id, position, user_id)
SELECT g.id, u.id - min(u.id) OVER (PARTITION BY g.id), u.id
FROM groups AS g
  JOIN mine ON mine.id = g.subscriber_id
  JOIN users AS u ON u.subscriber_id = g.subscriber_id
WHERE (u.id + g.id) % 5 = 0;

INSERT INTO instant_conferences (subscriber_id, number)
SELECT id, c
FROM mine, generate_series(1, 3) AS c;

INSERT INTO instant_conference_members (instant_conference_id, position, member_group_id)
SELECT i.id, 0, min(g.id)
FROM instant_conferences AS i
  JOIN mine ON mine.id = i.subscriber_id
  JOIN groups AS g ON g.subscriber_id = i.subscriber_id
GROUP BY i.id;

CREATE TEMPORARY TABLE was AS
SELECT :first + mine.nth * :conferences + c AS id, mine.id AS whose, mine.number,
  now() - c * interval '36 hours' AS at
FROM mine, generate_series(0, :conferences - 1) AS c;

INSERT INTO conferences (id, subscriber_id, subscriber_number, state, launched_at, ended_at, end_reason,
  launched_by)
SELECT id, whose, number, 'ended', at, at + interval '9 min', 'empty', 'text'
FROM was;

CREATE TEMPORARY TABLE called AS
SELECT was.*, p, 'usn-' || was.id || '-' || p AS call,
  CASE WHEN p = 0 THEN 'subscriber' ELSE 'participant' END AS role,
  CASE WHEN p = 0 THEN was.number ELSE '+447700900' || (100 + p) END AS who
FROM was, generate_series(0, 2) AS p;

INSERT INTO calls (id, conference_id, position, number, name, role, direction, state, planned_at, rang_at,
  answered_at, joined_at, ended_at, cause, outcome, told_to_end, dnis)
SELECT call, id, p, who, CASE WHEN p = 0 THEN '' ELSE 'Ann ' || p END, role, 'out', 'ended', at,
  at + interval '2 s', at + interval '5 s', at + interval '6 s', at + interval '9 min', 16, 'completed', false, ''
FROM called;

INSERT INTO cdrs (sequence, call_id, subscriber_id, conference_id, role, direction, cli, dnis, start,
  answer, stop, outcome, cause, recorded, activation_pin, trunk)
SELECT :first + row_number() OVER (ORDER BY at, p), call, whose, id, role, 'out', number, who, at,
  at + interval '5 s', at + interval '9 min', 'completed', 16, false, '', 'msc'
FROM called;

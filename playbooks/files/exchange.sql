-- The restored database takes the name of the other, or nothing happens.
DROP DATABASE IF EXISTS usn_before_restore;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname IN (:'old', 'usn_restored') \g /dev/null
BEGIN;
ALTER DATABASE :"old" RENAME TO usn_before_restore;
ALTER DATABASE usn_restored RENAME TO :"old";
COMMIT;

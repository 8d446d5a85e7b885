-- Partitions of the log are written once, in order, and dropped whole. The vacuum that PostgreSQL
-- runs because rows were inserted would log each of their pages a second time and find nothing to
-- remove; the one against the wraparound of transaction ids stays.
CREATE OR REPLACE FUNCTION trestle_event_partition(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  part text := 'event_log_' || to_char(day, 'YYYYMMDD');
  low  uuid := trestle_uuid_from((extract(epoch FROM day::timestamp) * 1000)::bigint);
  high uuid := trestle_uuid_from((extract(epoch FROM (day + 1)::timestamp) * 1000)::bigint);
BEGIN
  IF to_regclass(part) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format(
    'CREATE TABLE %I (LIKE event_log INCLUDING ALL) WITH (autovacuum_vacuum_insert_threshold = -1,'
    ' toast.autovacuum_vacuum_insert_threshold = -1)', part);
  EXECUTE format('LOCK TABLE event_log_other IN SHARE ROW EXCLUSIVE MODE');
  EXECUTE format(
    'WITH moved AS (DELETE FROM event_log_other WHERE id >= %L AND id < %L RETURNING *)'
    ' INSERT INTO %I SELECT * FROM moved', low, high, part);
  EXECUTE format('ALTER TABLE event_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    part, low, high);
  RETURN true;
END
$$;

DO $$
DECLARE
  part regclass;
BEGIN
  FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'event_log'::regclass LOOP
    EXECUTE format(
      'ALTER TABLE %s SET (autovacuum_vacuum_insert_threshold = -1,'
      ' toast.autovacuum_vacuum_insert_threshold = -1)', part);
  END LOOP;
END
$$;

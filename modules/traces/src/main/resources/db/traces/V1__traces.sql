-- Streams of traces: what handlers wrote while they worked, for whoever watches or comes later.

-- One row a chunk, gap or end, written once and never updated; the rows of a trace are in the order
-- of sequence, over all its keys. Partitions by time are dropped whole (telemetry.logs_retention_ms).
-- kind: 1 chunk (data is JSON), 2 gap (dropped chunks were given up), 3 end (data is the status).
CREATE TABLE trace_chunks (
  trace_id      uuid NOT NULL,
  sequence      bigint NOT NULL,
  created_at_ms bigint NOT NULL,
  kind          integer NOT NULL CHECK (kind BETWEEN 1 AND 3),
  key           text NOT NULL,
  data          bytea NOT NULL,
  dropped       bigint NOT NULL,
  service_id    uuid NOT NULL,
  instance_id   uuid NOT NULL,
  client_seq    bigint NOT NULL,
  PRIMARY KEY (trace_id, sequence, created_at_ms)
) PARTITION BY RANGE (created_at_ms);

-- What an instance sent before is found again by its number.
CREATE INDEX trace_chunks_sent ON trace_chunks (instance_id, client_seq);
CREATE INDEX trace_chunks_ends ON trace_chunks (trace_id, sequence) WHERE kind = 3;

-- Rows whose time has no partition: of clocks that are wrong.
CREATE TABLE trace_chunks_other PARTITION OF trace_chunks DEFAULT;
CREATE INDEX trace_chunks_other_age ON trace_chunks_other (created_at_ms);

-- The partition of one day of UTC, with what had to go elsewhere meanwhile; true when it is new.
CREATE FUNCTION trestle_trace_partition(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  part text := 'trace_chunks_' || to_char(day, 'YYYYMMDD');
  low  bigint := (extract(epoch FROM day::timestamp) * 1000)::bigint;
  high bigint := (extract(epoch FROM (day + 1)::timestamp) * 1000)::bigint;
BEGIN
  IF to_regclass(part) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE trace_chunks INCLUDING ALL)', part);
  EXECUTE format('LOCK TABLE trace_chunks_other IN SHARE ROW EXCLUSIVE MODE');
  EXECUTE format(
    'WITH moved AS (DELETE FROM trace_chunks_other WHERE created_at_ms >= %s'
    ' AND created_at_ms < %s RETURNING *) INSERT INTO %I SELECT * FROM moved', low, high, part);
  EXECUTE format('ALTER TABLE trace_chunks ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)',
    part, low, high);
  RETURN true;
END
$$;

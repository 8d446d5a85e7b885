-- Durable events: an append-only log, who consumes it and how far, what is in trouble, dead letters.

-- One row an accepted event, written once and never updated. A UUIDv7 begins with its time, so
-- partitions by id are partitions by time, and the primary key makes ids unique over all of them.
-- seq is the order of the log; matched are the numbers of the subscriptions that matched when the
-- event was published, so that who subscribes later does not see it.
CREATE TABLE event_log (
  id                    uuid NOT NULL,
  seq                   bigint NOT NULL,
  publisher_service_id  uuid NOT NULL,
  publisher_instance_id uuid NOT NULL,
  name                  text NOT NULL,
  payload               bytea NOT NULL,
  payload_json          bytea NOT NULL,
  contract_hash         text NOT NULL,
  partition_key         text NOT NULL,
  idempotency_key       text NOT NULL,
  headers               jsonb,
  occurred_at_ms        bigint NOT NULL,
  x_sb_trace            text NOT NULL,
  matched               integer[],
  created_at_ms         bigint NOT NULL,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);

CREATE INDEX event_log_seq ON event_log (seq);

-- Ids whose time has no partition: of clocks that are wrong, and of other kinds of UUID.
CREATE TABLE event_log_other PARTITION OF event_log DEFAULT;

-- The smallest UUIDv7 of a millisecond.
CREATE FUNCTION trestle_uuid_from(ms bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
  SELECT (lpad(to_hex(ms), 12, '0') || '00000000000000000000')::uuid
$$;

-- The partition of one day of UTC, with what had to go elsewhere meanwhile; true when it is new.
CREATE FUNCTION trestle_event_partition(day date) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  part text := 'event_log_' || to_char(day, 'YYYYMMDD');
  low  uuid := trestle_uuid_from((extract(epoch FROM day::timestamp) * 1000)::bigint);
  high uuid := trestle_uuid_from((extract(epoch FROM (day + 1)::timestamp) * 1000)::bigint);
BEGIN
  IF to_regclass(part) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE event_log INCLUDING ALL)', part);
  EXECUTE format('LOCK TABLE event_log_other IN SHARE ROW EXCLUSIVE MODE');
  EXECUTE format(
    'WITH moved AS (DELETE FROM event_log_other WHERE id >= %L AND id < %L RETURNING *)'
    ' INSERT INTO %I SELECT * FROM moved', low, high, part);
  EXECUTE format('ALTER TABLE event_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
    part, low, high);
  RETURN true;
END
$$;

-- Called when an id is already there: false for the row of an earlier attempt of the same write,
-- else an error, so that the write fails instead of being acknowledged without a row.
CREATE FUNCTION trestle_other_event(stored bigint, given bigint) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  IF stored <> given THEN
    RAISE EXCEPTION 'event id is in use' USING ERRCODE = 'unique_violation';
  END IF;
  RETURN false;
END
$$;

-- Idempotency keys of publishers and what they were first used for.
CREATE TABLE event_idempotency (
  publisher_service_id uuid NOT NULL,
  key                  text NOT NULL,
  event_id             uuid NOT NULL,
  digest               bytea NOT NULL,
  json_digest          bytea,
  expires_at_ms        bigint NOT NULL,
  PRIMARY KEY (publisher_service_id, key)
);
CREATE INDEX event_idempotency_expires ON event_idempotency (expires_at_ms);

-- Envelopes that were answered with a foreign id or a conflict, for clients that send them again.
CREATE TABLE event_answers (
  publisher_service_id uuid NOT NULL,
  envelope_id          uuid NOT NULL,
  status               integer NOT NULL,
  expires_at_ms        bigint NOT NULL,
  PRIMARY KEY (publisher_service_id, envelope_id)
);
CREATE INDEX event_answers_expires ON event_answers (expires_at_ms);

-- A unit of progress: a service, one of its groups, or a subscription over HTTP. Everything up to
-- floor is finished, and of what is above it what finished says; pending counts the rest. Exact as
-- of the checkpoint.
CREATE TABLE event_consumers (
  number           integer PRIMARY KEY,
  kind             text NOT NULL CHECK (kind IN ('service', 'http')),
  owner_id         uuid NOT NULL,
  group_name       text NOT NULL,
  floor            bigint NOT NULL,
  finished         int8multirange NOT NULL,
  pending          bigint NOT NULL,
  offline_since_ms bigint NOT NULL,
  -- Who had a stream and who held what of lanes, as JSON; empty for nobody.
  holders          text NOT NULL DEFAULT '',
  created_at_ms    bigint NOT NULL,
  UNIQUE (kind, owner_id, group_name)
);

CREATE TABLE event_checkpoint (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  seq bigint NOT NULL
);
INSERT INTO event_checkpoint (seq) VALUES (0);

-- A pattern with a filter of one consumer. The number is never given to another.
CREATE TABLE event_subscriptions (
  number     integer PRIMARY KEY,
  consumer   integer NOT NULL REFERENCES event_consumers (number) ON DELETE CASCADE,
  service_id uuid NOT NULL,
  pattern    text NOT NULL,
  filter     text NOT NULL,
  options    text NOT NULL,
  effective  boolean NOT NULL
);
-- A filter may be longer than an index takes.
CREATE UNIQUE INDEX event_subscriptions_key ON event_subscriptions (consumer, pattern, md5(filter));

-- Unfinished deliveries that failed before. Rows of what is finished are swept.
CREATE TABLE event_troubles (
  consumer integer NOT NULL,
  seq      bigint NOT NULL,
  attempts integer NOT NULL,
  losses   integer NOT NULL,
  due_at_ms bigint NOT NULL,
  error    text NOT NULL,
  PRIMARY KEY (consumer, seq)
);

-- Dead letters, each with a copy of its event. While replayed_at_ms is set it is history, and its
-- new delivery has the position replay_seq.
CREATE TABLE events_dlq (
  id                    uuid PRIMARY KEY,
  consumer              integer NOT NULL,
  service_id            uuid NOT NULL,
  event_id              uuid NOT NULL,
  seq                   bigint NOT NULL,
  publisher_service_id  uuid NOT NULL,
  publisher_instance_id uuid NOT NULL,
  name                  text NOT NULL,
  payload               bytea NOT NULL,
  contract_hash         text NOT NULL,
  partition_key         text NOT NULL,
  idempotency_key       text NOT NULL,
  headers               jsonb,
  occurred_at_ms        bigint NOT NULL,
  x_sb_trace            text NOT NULL,
  matched               integer[],
  created_at_ms         bigint NOT NULL,
  reason                text NOT NULL,
  last_error            text NOT NULL,
  total_attempts        integer NOT NULL,
  replay_count          integer NOT NULL,
  dlq_at_ms             bigint NOT NULL,
  replayed_at_ms        bigint,
  replay_seq            bigint,
  UNIQUE (consumer, event_id)
);
CREATE INDEX events_dlq_list ON events_dlq (service_id, dlq_at_ms DESC, id DESC)
  WHERE replayed_at_ms IS NULL;
CREATE INDEX events_dlq_age ON events_dlq (dlq_at_ms);
CREATE INDEX events_dlq_replay ON events_dlq (consumer, replay_seq) WHERE replay_seq IS NOT NULL;
CREATE INDEX events_dlq_replayed ON events_dlq (replay_seq) WHERE replay_seq IS NOT NULL;
CREATE INDEX events_dlq_seq ON events_dlq (consumer, seq);

-- One row a delivery, for people and suites; what is in flight is shown as pending.
CREATE VIEW event_deliveries AS
SELECT l.id AS event_id, l.seq, c.owner_id AS consumer_service_id, c.group_name, l.partition_key,
  CASE
    WHEN d.id IS NOT NULL AND d.replayed_at_ms IS NULL THEN 'dead'
    WHEN d.id IS NOT NULL THEN
      CASE WHEN d.replay_seq <= c.floor OR c.finished @> d.replay_seq THEN 'success'
           ELSE 'pending' END
    WHEN l.seq <= c.floor OR c.finished @> l.seq THEN 'success'
    ELSE 'pending'
  END AS status,
  coalesce(t.attempts, 0) AS attempt, coalesce(t.losses, 0) AS losses, t.due_at_ms,
  coalesce(t.error, d.last_error) AS last_error, coalesce(d.replay_count, 0) AS replay_count,
  to_timestamp(l.created_at_ms / 1000.0) AS created_at
FROM event_log l
CROSS JOIN LATERAL (
  SELECT DISTINCT s.consumer FROM event_subscriptions s WHERE s.number = ANY (l.matched)) m
JOIN event_consumers c ON c.number = m.consumer
LEFT JOIN events_dlq d ON d.consumer = c.number AND d.event_id = l.id
LEFT JOIN event_troubles t ON t.consumer = c.number AND t.seq = l.seq;

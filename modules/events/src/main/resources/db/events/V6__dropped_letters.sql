-- What is left of dead letters that were dropped, by an operator or by their retention, so that
-- event_deliveries does not take them for successes. Swept when the log does not go back so far.
CREATE TABLE event_dropped (
  seq             bigint NOT NULL,
  consumer        integer NOT NULL,
  failed_attempts integer NOT NULL,
  replay_count    integer NOT NULL,
  PRIMARY KEY (seq, consumer)
);

-- One row a delivery, for people and suites; what is in flight is shown as pending. failed_attempts
-- is null where nobody knows it any more: of a success nothing is kept. Losses, time and error of
-- the next attempt are those of a pending delivery, since its replay if it had one.
DROP VIEW event_deliveries;
CREATE VIEW event_deliveries AS
SELECT s.event_id, s.seq, s.consumer_service_id, s.group_name, s.partition_key, s.status,
  CASE s.status
    WHEN 'dead' THEN s.letter_attempts
    WHEN 'dropped' THEN s.dropped_attempts
    WHEN 'pending' THEN coalesce(s.letter_attempts, 0) + coalesce(t.attempts, 0)
  END AS failed_attempts,
  CASE s.status WHEN 'pending' THEN coalesce(t.losses, 0) END AS losses,
  CASE s.status WHEN 'pending' THEN t.due_at_ms END AS due_at_ms,
  CASE s.status WHEN 'pending' THEN t.error WHEN 'dead' THEN s.letter_error END AS last_error,
  s.replay_count, s.created_at
FROM (
  SELECT l.id AS event_id, l.seq, c.number AS consumer, c.owner_id AS consumer_service_id,
    c.group_name, l.partition_key,
    CASE
      WHEN d.id IS NOT NULL AND d.replayed_at_ms IS NULL THEN 'dead'
      WHEN d.id IS NULL AND g.seq IS NOT NULL THEN 'dropped'
      WHEN coalesce(d.replay_seq, l.seq) <= c.floor
        OR c.finished @> coalesce(d.replay_seq, l.seq) THEN 'success'
      ELSE 'pending'
    END AS status,
    coalesce(d.replay_seq, l.seq) AS place,
    d.total_attempts AS letter_attempts, d.last_error AS letter_error,
    g.failed_attempts AS dropped_attempts,
    coalesce(d.replay_count, g.replay_count, 0) AS replay_count,
    to_timestamp(l.created_at_ms / 1000.0) AS created_at
  FROM event_log l
  CROSS JOIN LATERAL (
    SELECT DISTINCT s.consumer FROM event_subscriptions s WHERE s.number = ANY (l.matched)) m
  JOIN event_consumers c ON c.number = m.consumer
  LEFT JOIN events_dlq d ON d.consumer = c.number AND d.event_id = l.id
  LEFT JOIN event_dropped g ON g.seq = l.seq AND g.consumer = c.number) s
LEFT JOIN event_troubles t ON t.consumer = s.consumer AND t.seq = s.place;

-- What operators ask about dead letters: of all consumers by age, and by event.
CREATE INDEX events_dlq_all ON events_dlq (dlq_at_ms, id) WHERE replayed_at_ms IS NULL;
CREATE INDEX events_dlq_event ON events_dlq (event_id);

-- Tokens for publishing over HTTP, as SHA-256. A revoked one is kept as history.
CREATE TABLE event_http_tokens (
  id            uuid PRIMARY KEY,
  service_id    uuid NOT NULL,
  digest        bytea NOT NULL UNIQUE,
  created_at_ms bigint NOT NULL,
  revoked_at_ms bigint
);
CREATE INDEX event_http_tokens_live ON event_http_tokens (created_at_ms) WHERE revoked_at_ms IS NULL;

-- What operators ask about dead letters: of all consumers by age, and by event.
CREATE INDEX events_dlq_all ON events_dlq (dlq_at_ms, id) WHERE replayed_at_ms IS NULL;
CREATE INDEX events_dlq_event ON events_dlq (event_id);

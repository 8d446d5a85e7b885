-- Consumers of kind http: how they hand out. What they match is in event_subscriptions; one that
-- was deleted has no row here. 0 and '' are the settings of the runtime.
CREATE TABLE event_http_subscriptions (
  consumer      integer PRIMARY KEY REFERENCES event_consumers (number) ON DELETE CASCADE,
  max_in_flight integer NOT NULL,
  lease_ms      bigint NOT NULL,
  max_attempts  integer NOT NULL,
  retry_ms      text NOT NULL
);

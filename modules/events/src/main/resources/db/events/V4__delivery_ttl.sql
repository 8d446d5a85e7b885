-- How long a delivery may wait for an instance; 0 = the setting of the runtime.
ALTER TABLE event_subscriptions ADD COLUMN ttl_ms bigint NOT NULL DEFAULT 0;

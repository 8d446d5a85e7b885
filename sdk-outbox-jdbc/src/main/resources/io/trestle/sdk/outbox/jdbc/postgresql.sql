-- Outbox of Trestle, PostgreSQL 12 or newer. trestle_outbox is the name of the table.
CREATE TABLE IF NOT EXISTS trestle_outbox (
  id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id        TEXT NOT NULL,
  name            TEXT NOT NULL,
  payload         BYTEA NOT NULL,
  payload_json    BYTEA NOT NULL,
  contract_hash   TEXT NOT NULL,
  partition_key   TEXT COLLATE "C" NOT NULL,
  idempotency_key TEXT NOT NULL,
  headers         TEXT NOT NULL,
  occurred_at_ms  BIGINT NOT NULL,
  trace           TEXT NOT NULL,
  enqueued_at     TIMESTAMPTZ NOT NULL DEFAULT now(),
  status          TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'failed')),
  attempts        INTEGER NOT NULL DEFAULT 0,
  last_error      TEXT NOT NULL DEFAULT '',
  next_attempt_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- finds the first row of each lane, and the rows without lane
CREATE INDEX IF NOT EXISTS trestle_outbox_lanes
  ON trestle_outbox (partition_key, id) WHERE status = 'pending';

-- says whether anything is due: the one query of an idle outbox
CREATE INDEX IF NOT EXISTS trestle_outbox_due
  ON trestle_outbox (next_attempt_at) WHERE status = 'pending';

CREATE INDEX IF NOT EXISTS trestle_outbox_failed
  ON trestle_outbox (event_id) WHERE status = 'failed';

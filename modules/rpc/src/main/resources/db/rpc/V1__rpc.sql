-- Idempotency keys of proxied calls (rpc.md 3.4). A row is claimed while its call runs and saved
-- once there is a reply that may be repeated; either way it holds until valid_until.

CREATE TABLE rpc_idempotency (
  -- SHA-256 of calling service, target service, method and key.
  id              bytea PRIMARY KEY,
  caller_service  uuid NOT NULL,
  target_service  uuid NOT NULL,
  -- For people: clipped, without control characters.
  method          text NOT NULL,
  idempotency_key text NOT NULL,
  state           text NOT NULL CHECK (state IN ('claimed', 'saved')),
  kernel_id       uuid NOT NULL,
  claim_id        uuid NOT NULL,
  -- The claim whose lease ended without a reply, so that this one took over.
  taken_from      uuid,
  payload_sha256  bytea NOT NULL,
  reply           bytea,
  claimed_at      timestamptz NOT NULL,
  saved_at        timestamptz,
  -- Claimed: end of the lease. Saved: end of the time in which it is repeated.
  valid_until     timestamptz NOT NULL,
  CHECK ((state = 'saved') = (reply IS NOT NULL))
);

CREATE INDEX rpc_idempotency_valid ON rpc_idempotency (valid_until);

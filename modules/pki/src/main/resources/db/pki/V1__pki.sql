-- Services, their bootstrap keys, the authority, and the instances that hold leaves.
-- Names and columns of services, runtime_ca and service_instances are those of docs/spec/wire.md 8.5.

CREATE TABLE services (
  id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name               text NOT NULL,
  -- The first bootstrap key; further ones are in service_keys.
  key_id             bytea,
  secret_hash        text NOT NULL DEFAULT '',
  status             text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'revoked')),
  persist_ops        boolean NOT NULL DEFAULT true,
  persist_logs       boolean NOT NULL DEFAULT true,
  persist_metrics    boolean NOT NULL DEFAULT true,
  cap_rpc_handle     boolean NOT NULL DEFAULT true,
  cap_event_handle   boolean NOT NULL DEFAULT true,
  cap_workflow_handle boolean NOT NULL DEFAULT true,
  cap_job_handle     boolean NOT NULL DEFAULT true,
  cap_rpc_call       boolean NOT NULL DEFAULT true,
  cap_event_publish  boolean NOT NULL DEFAULT true,
  cap_workflow_run   boolean NOT NULL DEFAULT true,
  created_at         timestamptz NOT NULL DEFAULT now()
);

-- A name may exist several times as revoked and once as active.
CREATE UNIQUE INDEX services_active_name ON services (name) WHERE status = 'active';
CREATE UNIQUE INDEX services_key_id ON services (key_id) WHERE key_id IS NOT NULL;

CREATE TABLE service_keys (
  key_id      bytea PRIMARY KEY,
  service_id  uuid NOT NULL REFERENCES services (id) ON DELETE CASCADE,
  -- Empty in the row that only records the revocation of a service's first key.
  secret_hash text NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now(),
  revoked_at  timestamptz
);

CREATE INDEX service_keys_service ON service_keys (service_id);

-- Every key from either place; a lookup by key_id or service_id reaches the indexes of both tables.
CREATE VIEW bootstrap_keys AS
  SELECT s.key_id, s.id AS service_id, s.secret_hash, s.created_at, k.revoked_at
    FROM services s LEFT JOIN service_keys k ON k.key_id = s.key_id
   WHERE s.key_id IS NOT NULL
  UNION ALL
  SELECT k.key_id, k.service_id, k.secret_hash, k.created_at, k.revoked_at
    FROM service_keys k
   WHERE NOT EXISTS (SELECT 1 FROM services s WHERE s.key_id = k.key_id);

-- Row 1 is the authority of servicebridge.v1; other facades take other rows.
CREATE TABLE runtime_ca (
  id         integer PRIMARY KEY,
  cert_der   bytea NOT NULL,
  key_der    bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE service_instances (
  id             uuid PRIMARY KEY,
  service_id     uuid NOT NULL REFERENCES services (id) ON DELETE CASCADE,
  status         text NOT NULL DEFAULT 'disconnected' CHECK (status IN ('connected', 'disconnected')),
  call_endpoint  text NOT NULL DEFAULT '',
  http_endpoint  text NOT NULL DEFAULT '',
  -- Expiry of the newest leaf.
  leaf_not_after timestamptz NOT NULL,
  -- The tombstone: nothing clears it.
  revoked_at     timestamptz,
  kernel_id      uuid,
  session_id     text NOT NULL DEFAULT '',
  created_at     timestamptz NOT NULL DEFAULT now(),
  -- Null until the first session.
  last_seen_at   timestamptz
);

CREATE INDEX service_instances_service ON service_instances (service_id);
CREATE INDEX service_instances_leaf ON service_instances (leaf_not_after);
CREATE INDEX service_instances_revoked ON service_instances (leaf_not_after) WHERE revoked_at IS NOT NULL;
CREATE INDEX service_instances_connected ON service_instances (kernel_id) WHERE status = 'connected';

-- Edits by SQL are as good as edits through the API: whoever listens re-reads the service that is named.
CREATE FUNCTION services_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('services_changed', COALESCE(NEW.id, OLD.id)::text);
  RETURN NULL;
END
$$;

CREATE TRIGGER services_notify
  AFTER INSERT OR UPDATE OR DELETE ON services
  FOR EACH ROW EXECUTE FUNCTION services_notify();

CREATE FUNCTION service_keys_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('services_changed', COALESCE(NEW.service_id, OLD.service_id)::text);
  RETURN NULL;
END
$$;

CREATE TRIGGER service_keys_notify
  AFTER INSERT OR UPDATE OR DELETE ON service_keys
  FOR EACH ROW EXECUTE FUNCTION service_keys_notify();

-- What instances declare, and the access policy. Presence is kept in service_instances (module pki).

CREATE TABLE instance_declarations (
  instance_id   uuid PRIMARY KEY,
  service_id    uuid NOT NULL,
  registration  bigint NOT NULL,
  fingerprint   bytea NOT NULL,
  declaration   bytea NOT NULL,
  updated_at    timestamptz NOT NULL
);
CREATE INDEX instance_declarations_updated ON instance_declarations (updated_at);

CREATE TABLE service_methods (
  service_id     uuid NOT NULL,
  instance_id    uuid NOT NULL,
  method_type    integer NOT NULL,
  method_name    text NOT NULL,
  contract_hash  text NOT NULL,
  published      boolean NOT NULL,
  streaming      boolean NOT NULL,
  input_schema   bytea NOT NULL,
  output_schema  bytea NOT NULL,
  registration   bigint NOT NULL,
  last_seen_at   timestamptz NOT NULL,
  PRIMARY KEY (instance_id, method_type, published, method_name, contract_hash)
);
CREATE INDEX service_methods_service ON service_methods (service_id, method_name);
CREATE INDEX service_methods_seen ON service_methods (last_seen_at);

CREATE TABLE service_policy_rules (
  service_id    uuid NOT NULL REFERENCES services (id) ON DELETE CASCADE,
  direction     text NOT NULL CHECK (direction IN ('E', 'A')),
  action        text NOT NULL,
  peer_service  uuid REFERENCES services (id) ON DELETE CASCADE,
  target_name   text NOT NULL,
  UNIQUE NULLS NOT DISTINCT (service_id, direction, action, peer_service, target_name)
);

CREATE FUNCTION trestle_policy_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('policy_changed', '');
  RETURN NULL;
END
$$;

CREATE TRIGGER service_policy_rules_changed
  AFTER INSERT OR UPDATE OR DELETE ON service_policy_rules
  FOR EACH STATEMENT EXECUTE FUNCTION trestle_policy_changed();

CREATE TRIGGER services_policy_changed
  AFTER UPDATE OF cap_rpc_handle, cap_event_handle, cap_workflow_handle, cap_job_handle,
    cap_rpc_call, cap_event_publish, cap_workflow_run ON services
  FOR EACH STATEMENT EXECUTE FUNCTION trestle_policy_changed();

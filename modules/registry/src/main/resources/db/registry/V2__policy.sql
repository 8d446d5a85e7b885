-- A notification names the service whose policy changed, so that an edit of one service costs the
-- reading of one service. PostgreSQL folds equal notifications of a transaction into one.
-- The empty payload means any of them.

DROP TRIGGER service_policy_rules_changed ON service_policy_rules;
DROP TRIGGER services_policy_changed ON services;
DROP FUNCTION trestle_policy_changed();

CREATE FUNCTION policy_rules_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    PERFORM pg_notify('policy_changed', OLD.service_id::text);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    PERFORM pg_notify('policy_changed', NEW.service_id::text);
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION policy_flags_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('policy_changed', NEW.id::text);
  RETURN NULL;
END
$$;

CREATE FUNCTION policy_any_notify() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('policy_changed', '');
  RETURN NULL;
END
$$;

CREATE TRIGGER service_policy_rules_changed
  AFTER INSERT OR UPDATE OR DELETE ON service_policy_rules
  FOR EACH ROW EXECUTE FUNCTION policy_rules_notify();

CREATE TRIGGER service_policy_rules_truncated
  AFTER TRUNCATE ON service_policy_rules
  FOR EACH STATEMENT EXECUTE FUNCTION policy_any_notify();

CREATE TRIGGER services_policy_changed
  AFTER UPDATE OF cap_rpc_handle, cap_event_handle, cap_workflow_handle, cap_job_handle,
    cap_rpc_call, cap_event_publish, cap_workflow_run ON services
  FOR EACH ROW EXECUTE FUNCTION policy_flags_notify();

-- A row copied from elsewhere may come with flags that are off.
CREATE TRIGGER services_policy_inserted
  AFTER INSERT ON services
  FOR EACH ROW
  WHEN (NOT (NEW.cap_rpc_handle AND NEW.cap_event_handle AND NEW.cap_workflow_handle
    AND NEW.cap_job_handle AND NEW.cap_rpc_call AND NEW.cap_event_publish AND NEW.cap_workflow_run))
  EXECUTE FUNCTION policy_flags_notify();

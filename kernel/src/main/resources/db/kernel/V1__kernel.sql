-- One row a start of a kernel. The highest epoch is the one that may write; rows are kept, so that
-- an epoch is never given out twice.
CREATE TABLE kernels (
  id         uuid PRIMARY KEY,
  epoch      bigint NOT NULL UNIQUE CHECK (epoch > 0),
  started_at timestamptz NOT NULL DEFAULT now(),
  seen_at    timestamptz NOT NULL DEFAULT now(),
  pid        bigint NOT NULL,
  host       text NOT NULL
);

CREATE TABLE runtime_settings (
  key        text PRIMARY KEY,
  value      text NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Settings are changed by hand too, so the database itself tells of it. The payload is the key.
CREATE FUNCTION runtime_settings_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('settings_changed', COALESCE(NEW.key, OLD.key));
  RETURN NULL;
END
$$;

CREATE TRIGGER runtime_settings_changed
  AFTER INSERT OR UPDATE OR DELETE ON runtime_settings
  FOR EACH ROW EXECUTE FUNCTION runtime_settings_changed();

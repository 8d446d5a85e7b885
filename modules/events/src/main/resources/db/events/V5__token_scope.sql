-- What a token is good for. Those from before were good for everything; from now on it is said.
ALTER TABLE event_http_tokens ADD COLUMN scope text NOT NULL DEFAULT 'both'
  CHECK (scope IN ('publish', 'subscribe', 'both'));
ALTER TABLE event_http_tokens ALTER COLUMN scope DROP DEFAULT;

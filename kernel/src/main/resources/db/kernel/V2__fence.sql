-- Which connection of a kernel may write in a lane of the write pipeline: the one that said so last.
-- "lock" is the advisory lock of that kernel's lane.
CREATE TABLE pipeline_lines (
  kernel uuid NOT NULL REFERENCES kernels (id) ON DELETE CASCADE,
  lock   integer NOT NULL,
  line   bigint NOT NULL,
  PRIMARY KEY (kernel, lock)
);

-- Fails with TR001 when the writer's epoch is not the highest, with TR002 when another connection
-- has taken its lane. Both locks are held until the end of the transaction, so what was true when
-- this was asked is true at the commit. The three steps are statements of their own: in READ
-- COMMITTED each sees what was committed while a lock was waited for.
CREATE FUNCTION pipeline_fence(writer uuid, writer_epoch bigint, writer_lock integer, own bigint)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(1953658736, 0),
          pg_advisory_xact_lock_shared(1953658736, writer_lock);
  IF NOT EXISTS (SELECT FROM kernels WHERE id = writer AND epoch = writer_epoch
                 AND epoch = (SELECT max(epoch) FROM kernels)) THEN
    RAISE EXCEPTION 'epoch % is stale', writer_epoch USING ERRCODE = 'TR001';
  END IF;
  IF NOT EXISTS (SELECT FROM pipeline_lines
                 WHERE kernel = writer AND lock = writer_lock AND line = own) THEN
    RAISE EXCEPTION 'another connection writes in this lane' USING ERRCODE = 'TR002';
  END IF;
END
$$;

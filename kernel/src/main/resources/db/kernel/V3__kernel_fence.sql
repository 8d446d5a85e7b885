-- Fails with TR001 when the writer's epoch is not the highest: the fence of what is written beside
-- the write pipeline. The lock is held until the end of the transaction and excludes the taking of a
-- new epoch, so what was true when this was asked is true at the commit. Two statements: in READ
-- COMMITTED the second sees what was committed while the first waited.
CREATE FUNCTION kernel_fence(writer uuid, writer_epoch bigint)
RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(1953658736, 0);
  IF NOT EXISTS (SELECT FROM kernels WHERE id = writer AND epoch = writer_epoch
                 AND epoch = (SELECT max(epoch) FROM kernels)) THEN
    RAISE EXCEPTION 'epoch % is stale', writer_epoch USING ERRCODE = 'TR001';
  END IF;
END
$$;

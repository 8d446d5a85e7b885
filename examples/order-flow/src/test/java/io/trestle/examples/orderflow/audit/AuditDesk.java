package io.trestle.examples.orderflow.audit;

import io.trestle.sdk.ServiceBridge;
import java.sql.SQLException;
import javax.sql.DataSource;

/** The audit beside another service. */
public final class AuditDesk {
  private AuditDesk() {}

  /** On a bridge that is not started yet. */
  public static void subscribe(ServiceBridge bridge, DataSource database) throws SQLException {
    Audit audit = new Audit(database);
    audit.createTable();
    audit.subscribe(bridge);
  }
}

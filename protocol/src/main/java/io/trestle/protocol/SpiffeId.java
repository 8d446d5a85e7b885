package io.trestle.protocol;

import java.util.Optional;

/**
 * Who a certificate of the installation speaks for: the one URI in its subject alternative names
 * (wire.md 3.3 and 3.5). Compared byte for byte; ids travel in lower case.
 */
public sealed interface SpiffeId {

  /** The URI as it stands in the certificate. */
  String uri();

  /** The runtime: the URI carries no id. */
  static RuntimeId runtime() {
    return RuntimeId.INSTANCE;
  }

  /**
   * An instance of a service.
   *
   * @throws IllegalArgumentException if an id is empty, longer than 255 characters or has a
   *     character other than a letter, a digit, {@code -}, {@code _}, {@code .} or {@code ~}
   */
  static Service service(String serviceId, String instanceId) {
    return new Service(serviceId, instanceId);
  }

  /**
   * Reads a URI. Anything but the two forms is empty: another scheme or trust domain (case counts),
   * user info, a port, a query, a fragment, percent-encoding, or a path of other than the given
   * segments.
   */
  static Optional<SpiffeId> parse(String uri) {
    if (uri.equals(RuntimeId.URI)) {
      return Optional.of(RuntimeId.INSTANCE);
    }
    if (!uri.startsWith(Service.PREFIX)) {
      return Optional.empty();
    }
    int middle = uri.indexOf(Service.MIDDLE, Service.PREFIX.length());
    if (middle < 0) {
      return Optional.empty();
    }
    String service = uri.substring(Service.PREFIX.length(), middle);
    String instance = uri.substring(middle + Service.MIDDLE.length());
    return Service.isId(service) && Service.isId(instance)
        ? Optional.of(new Service(service, instance))
        : Optional.empty();
  }

  /** The runtime itself. */
  enum RuntimeId implements SpiffeId {
    /** The only one. */
    INSTANCE;

    private static final String URI = "spiffe://service-bridge/runtime";

    @Override
    public String uri() {
      return URI;
    }

    @Override
    public String toString() {
      return URI;
    }
  }

  /**
   * One instance of one service.
   *
   * @param serviceId the id of the service
   * @param instanceId the id of the instance
   */
  record Service(String serviceId, String instanceId) implements SpiffeId {
    private static final String PREFIX = "spiffe://service-bridge/service/";
    private static final String MIDDLE = "/instance/";
    private static final int MAX_ID = 255;

    /** Checks the ids. */
    public Service {
      check("serviceId", serviceId);
      check("instanceId", instanceId);
    }

    @Override
    public String uri() {
      return PREFIX + serviceId + MIDDLE + instanceId;
    }

    @Override
    public String toString() {
      return uri();
    }

    private static void check(String name, String id) {
      if (!isId(id)) {
        throw new IllegalArgumentException(
            name + ": " + id + " (expected: 1 to 255 letters, digits, '-', '_', '.' or '~')");
      }
    }

    private static boolean isId(String id) {
      return !id.isEmpty()
          && id.length() <= MAX_ID
          && !id.equals(".")
          && !id.equals("..")
          && id.chars().allMatch(Service::isIdCharacter);
    }

    private static boolean isIdCharacter(int c) {
      return (c >= '0' && c <= '9')
          || (c >= 'a' && c <= 'z')
          || (c >= 'A' && c <= 'Z')
          || c == '-'
          || c == '_'
          || c == '.'
          || c == '~';
    }
  }
}

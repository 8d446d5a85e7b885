package io.trestle.system.guide;

import java.lang.reflect.Method;
import org.junit.jupiter.api.Test;

/** Runs the tests of a class of a page, in a process whose directory is that of the page. */
final class TestMethods {
  private TestMethods() {}

  /** Takes the name of the class, prints the name of each test that passed. */
  public static void main(String[] args) throws ReflectiveOperationException {
    var constructor = Class.forName(args[0]).getDeclaredConstructor();
    constructor.setAccessible(true);
    for (Method method : constructor.getDeclaringClass().getDeclaredMethods()) {
      if (method.isAnnotationPresent(Test.class)) {
        method.setAccessible(true);
        method.invoke(constructor.newInstance());
        System.out.println(method.getName());
      }
    }
  }
}

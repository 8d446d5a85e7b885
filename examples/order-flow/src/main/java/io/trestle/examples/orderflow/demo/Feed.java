package io.trestle.examples.orderflow.demo;

import io.trestle.examples.orderflow.orders.Order;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;

/** Places orders, a few at a time, in the order of the file. */
final class Feed {
  private static final int AT_ONCE = 8;

  private final StorefrontClient storefront;
  private final IntConsumer ended;

  /**
   * A feed.
   *
   * @param ended hears how many orders have ended, once for each number, on any thread
   */
  Feed(StorefrontClient storefront, IntConsumer ended) {
    this.storefront = storefront;
    this.ended = ended;
  }

  /** Places all orders and waits for their ends. */
  List<Outcome> run(List<Order> orders) throws InterruptedException {
    AtomicInteger count = new AtomicInteger();
    ExecutorService customers = Executors.newFixedThreadPool(AT_ONCE);
    try {
      List<Future<Outcome>> placed = new ArrayList<>();
      for (Order order : orders) {
        placed.add(customers.submit(() -> place(order, count)));
      }
      List<Outcome> outcomes = new ArrayList<>();
      for (Future<Outcome> outcome : placed) {
        outcomes.add(outcome.get());
      }
      return outcomes;
    } catch (ExecutionException e) {
      throw new DemoException("feeding the orders failed: " + e.getCause(), e.getCause());
    } finally {
      customers.shutdownNow();
    }
  }

  private Outcome place(Order order, AtomicInteger count) throws InterruptedException {
    Outcome outcome = storefront.place(order);
    ended.accept(count.incrementAndGet());
    return outcome;
  }
}

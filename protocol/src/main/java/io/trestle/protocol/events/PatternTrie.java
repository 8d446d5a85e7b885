package io.trestle.protocol.events;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * All patterns of all services in one tree, so that one walk over an event's name finds every
 * subscription that wants it (docs/spec events 1 rule 5).
 *
 * <p>The tree. A node stands for the beginning of a pattern; its edges are literal segments, {@code
 * *} and {@code #}. Patterns with a common beginning share nodes. A node where patterns end holds
 * their values.
 *
 * <p>The walk is that of a nondeterministic automaton: not one place in the tree but the set of all
 * places that the segments read so far can have led to. A node is <em>active</em> after i segments
 * when its beginning of a pattern matches those i segments. Two rules move the set:
 *
 * <ol>
 *   <li>Closure: {@code #} may stand for nothing, so when a node is active, its {@code #} child is
 *       active at once, and the {@code #} child of that one too.
 *   <li>Step: on a segment s, an active node activates its child for s and its child for {@code *};
 *       an active {@code #} node stays active as well, for it may have eaten s.
 * </ol>
 *
 * After the last segment every active node that holds values is a match.
 *
 * <p>Invariant that keeps the set a set without marking nodes: an ordinary node is activated only
 * by its parent, and each parent is looked at once per segment, so it cannot enter twice. A {@code
 * #} node could (by its parent again, or by staying), but it never leaves once it is in. So those
 * live in a set of their own, {@code sticky}, that only grows during a walk; what is added during a
 * step must not read the segment of that step, hence the size taken before it.
 *
 * <p>The cost is O(k × active nodes) for a name of k segments, and there are never more active
 * nodes than nodes. Rejected: recursion over (pattern, name), which is exponential in the number of
 * {@code #}; testing every pattern of every service, which is linear in the fleet; and compiling
 * the set to a deterministic automaton, whose number of states can explode and which must be built
 * anew at each registration, while here adding and removing a pattern touches only its own path.
 *
 * <p>Not thread-safe: a walk changes nothing in the tree, so walks may run beside one another, but
 * not beside {@link #add} or {@link #remove}.
 *
 * @param <T> what a pattern leads to, for example a subscription; compared with equals
 */
public final class PatternTrie<T> {
  private final Node<T> root = new Node<>(null, "");
  private int size;

  /** Adds the value under the pattern; false when that pair was there already. */
  public boolean add(EventPattern pattern, T value) {
    Node<T> node = root;
    for (String segment : pattern.segments()) {
      node = node.childOrNew(segment);
    }
    node.pattern = pattern;
    boolean added = node.values.add(value);
    size += added ? 1 : 0;
    return added;
  }

  /** Removes the value from under the pattern; false when that pair was not there. */
  public boolean remove(EventPattern pattern, T value) {
    Node<T> node = root;
    for (String segment : pattern.segments()) {
      Node<T> child = node.child(segment);
      if (child == null) {
        return false;
      }
      node = child;
    }
    boolean removed = node.values.remove(value);
    size -= removed ? 1 : 0;
    prune(node);
    return removed;
  }

  /** Number of (pattern, value) pairs. */
  public int size() {
    return size;
  }

  public boolean isEmpty() {
    return size == 0;
  }

  /** The values of all matching patterns, one for each pair; nothing for what is not a name. */
  public List<T> match(String name) {
    List<T> values = new ArrayList<>();
    match(name, (pattern, value) -> values.add(value));
    return values;
  }

  /** Hands over each (pattern, value) pair whose pattern matches the name, in no fixed order. */
  public void match(String name, BiConsumer<? super EventPattern, ? super T> found) {
    if (!EventName.isValid(name)) {
      return;
    }
    Walk<T> walk = new Walk<>(root);
    for (String segment : Segments.split(name)) {
      walk.step(segment);
    }
    walk.moving.forEach(node -> node.report(found));
    walk.sticky.forEach(node -> node.report(found));
  }

  /** Nodes in use, the root included: what a test sees of pruning. */
  int nodes() {
    return root.count();
  }

  private static <T> void prune(Node<T> leaf) {
    Node<T> node = leaf;
    while (node.parent != null && node.isEmpty()) {
      node.parent.children.remove(node.segment);
      node = node.parent;
    }
  }

  /** The set of active nodes, between two segments of one name. */
  private static final class Walk<T> {
    private List<Node<T>> moving = new ArrayList<>();
    private final List<Node<T>> sticky = new ArrayList<>();
    private final Set<Node<T>> seenSticky = Collections.newSetFromMap(new IdentityHashMap<>());

    Walk(Node<T> root) {
      activate(root);
    }

    void step(String segment) {
      List<Node<T>> before = moving;
      int stickyBefore = sticky.size();
      moving = new ArrayList<>();
      for (Node<T> node : before) {
        advance(node, segment);
      }
      for (int i = 0; i < stickyBefore; i++) {
        advance(sticky.get(i), segment);
      }
    }

    private void advance(Node<T> node, String segment) {
      activate(node.child(segment));
      activate(node.child(Segments.ONE));
    }

    private void activate(@Nullable Node<T> node) {
      if (node == null) {
        return;
      }
      moving.add(node);
      Node<T> any = node.child(Segments.ANY);
      while (any != null && seenSticky.add(any)) {
        sticky.add(any);
        any = any.child(Segments.ANY);
      }
    }
  }

  /** A name has no segment {@code *} or {@code #}, so one map can hold all three kinds of edge. */
  private static final class Node<T> {
    private final @Nullable Node<T> parent;
    private final String segment;
    private final Map<String, Node<T>> children = new HashMap<>(4);
    private final Set<T> values = new LinkedHashSet<>(2);
    private @Nullable EventPattern pattern;

    Node(@Nullable Node<T> parent, String segment) {
      this.parent = parent;
      this.segment = segment;
    }

    @Nullable Node<T> child(String edge) {
      return children.get(edge);
    }

    Node<T> childOrNew(String edge) {
      return children.computeIfAbsent(edge, e -> new Node<>(this, e));
    }

    boolean isEmpty() {
      return children.isEmpty() && values.isEmpty();
    }

    int count() {
      return 1 + children.values().stream().mapToInt(Node::count).sum();
    }

    void report(BiConsumer<? super EventPattern, ? super T> found) {
      EventPattern ending = pattern;
      if (ending != null) {
        values.forEach(value -> found.accept(ending, value));
      }
    }
  }
}

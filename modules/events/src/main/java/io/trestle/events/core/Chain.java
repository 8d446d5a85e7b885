package io.trestle.events.core;

import org.jspecify.annotations.Nullable;

/**
 * A queue whose members carry the links: first in, first out, and O(1) removal from the middle. A
 * member is in at most one chain of a kind at a time; the kinds of a class are numbered from 0.
 */
final class Chain<T extends Node> {
  private final int previous;
  private final int next;
  private @Nullable T first;
  private @Nullable T last;
  private int size;

  Chain(int kind) {
    previous = 2 * kind;
    next = previous + 1;
  }

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  @Nullable T first() {
    return first;
  }

  @SuppressWarnings("unchecked")
  @Nullable T after(T member) {
    return (T) member.links[next];
  }

  void add(T member) {
    if (last == null) {
      first = member;
    } else {
      link(last, member);
    }
    last = member;
    size++;
  }

  @Nullable T poll() {
    T head = first;
    if (head != null) {
      remove(head);
    }
    return head;
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // the ends of a chain are null elements
  void remove(T member) {
    T before = (T) member.links[previous];
    T behind = (T) member.links[next];
    if (before == null) {
      first = behind;
    } else {
      before.links[next] = behind;
    }
    if (behind == null) {
      last = before;
    } else {
      behind.links[previous] = before;
    }
    member.links[previous] = null;
    member.links[next] = null;
    size--;
  }

  private void link(T left, T right) {
    left.links[next] = right;
    right.links[previous] = left;
  }
}

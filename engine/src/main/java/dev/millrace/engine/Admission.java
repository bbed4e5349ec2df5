package dev.millrace.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Counts the tokens of the requests in the engine and calls back those who wait for room. */
final class Admission {
  private final int cacheTokens;
  private final List<CompletableFuture<Void>> waiters = new ArrayList<>();
  private int requests;
  private long outstandingTokens;

  Admission(int cacheTokens) {
    this.cacheTokens = cacheTokens;
  }

  synchronized EngineLoad load() {
    return new EngineLoad(requests, outstandingTokens, cacheTokens);
  }

  synchronized void enter(GenerateRequest request) {
    requests++;
    outstandingTokens += request.maxLength();
  }

  void leave(GenerateRequest request) {
    // Outside the lock: whoever waited may submit at once.
    forget(request).forEach(waiter -> waiter.complete(null));
  }

  /** Completes as soon as there is {@linkplain EngineLoad#hasRoom() room}. */
  synchronized CompletionStage<Void> room() {
    CompletableFuture<Void> room = new CompletableFuture<>();
    if (load().hasRoom()) {
      room.complete(null);
    } else {
      waiters.add(room);
    }
    return room;
  }

  /** Those to call back. */
  private synchronized List<CompletableFuture<Void>> forget(GenerateRequest request) {
    requests--;
    outstandingTokens -= request.maxLength();
    if (!load().hasRoom()) {
      return List.of();
    }
    List<CompletableFuture<Void>> admitted = List.copyOf(waiters);
    waiters.clear();
    return admitted;
  }
}

export interface Remembered<Value> {
  get(): Value;
  /** Makes the next call ask anew. */
  forget(): void;
}

/** Asks `make` at most once in `keptMs`. */
export function remember<Value>(make: () => Value, keptMs: number): Remembered<Value> {
  let last: { readonly value: Value; readonly madeAtMs: number } | null = null;
  return {
    get() {
      const nowMs = performance.now();
      if (last === null || nowMs - last.madeAtMs >= keptMs) last = { value: make(), madeAtMs: nowMs };
      return last.value;
    },
    forget() {
      last = null;
    },
  };
}

/** Things in the order of their time: a binary heap that knows where each thing stands, so that it can be moved. */
export class TimerHeap<Item> {
  readonly #heap: { readonly item: Item; readonly atMs: number }[] = [];
  readonly #positions = new Map<Item, number>();

  /** The earliest time; Infinity: nothing is planned. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Plans a thing, or moves it to another time. */
  set(item: Item, atMs: number): void {
    this.delete(item);
    this.#place({ item, atMs }, this.#heap.length);
    this.#rise(this.#heap.length - 1);
  }

  delete(item: Item): void {
    const position = this.#positions.get(item);
    if (position === undefined) return;
    this.#positions.delete(item);
    const last = this.#heap.pop();
    if (last === undefined || last.item === item) return;
    this.#place(last, position);
    this.#sink(position);
    this.#rise(position);
  }

  /** Takes out the earliest thing if its time has come. */
  takeDue(nowMs: number): Item | null {
    const first = this.#heap[0];
    if (first === undefined || first.atMs > nowMs) return null;
    this.delete(first.item);
    return first.item;
  }

  #rise(position: number): void {
    const entry = this.#heap[position];
    if (entry === undefined) return;
    let at = position;
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = this.#heap[parentAt];
      if (parent === undefined || parent.atMs <= entry.atMs) break;
      this.#place(parent, at);
      at = parentAt;
    }
    this.#place(entry, at);
  }

  #sink(position: number): void {
    const entry = this.#heap[position];
    if (entry === undefined) return;
    let at = position;
    for (;;) {
      const left = 2 * at + 1;
      const childAt = this.#timeOf(left + 1) < this.#timeOf(left) ? left + 1 : left;
      const child = this.#heap[childAt];
      if (child === undefined || child.atMs >= entry.atMs) break;
      this.#place(child, at);
      at = childAt;
    }
    this.#place(entry, at);
  }

  #timeOf(position: number): number {
    return this.#heap[position]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  #place(entry: { readonly item: Item; readonly atMs: number }, position: number): void {
    this.#heap[position] = entry;
    this.#positions.set(entry.item, position);
  }
}

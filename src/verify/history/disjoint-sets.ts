/** Which items are joined, directly or by way of others (union-find, Galler and Fischer 1964). */
export class DisjointSets<Item> {
  readonly #parents = new Map<Item, Item>();

  /** The item that stands for all that it is joined with. */
  find(item: Item): Item {
    let root = item;
    for (let parent = this.#parents.get(root); parent !== undefined && parent !== root;) {
      root = parent;
      parent = this.#parents.get(root);
    }
    for (let at = item; at !== root;) {
      const next = this.#parents.get(at) ?? root;
      this.#parents.set(at, root);
      at = next;
    }
    if (!this.#parents.has(root)) this.#parents.set(root, root);
    return root;
  }

  join(one: Item, other: Item): void {
    this.#parents.set(this.find(one), this.find(other));
  }
}

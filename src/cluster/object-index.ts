// Objects by a value of theirs.

export class ObjectIndex<T> {
  readonly #valuesOf: (object: T) => readonly string[]
  readonly #values = new Map<string, readonly string[]>()
  readonly #objects = new Map<string, Map<string, T>>()

  constructor(valuesOf: (object: T) => readonly string[]) {
    this.#valuesOf = valuesOf
  }

  /** Throws what `valuesOf` throws; the object is found by nothing then. */
  set(key: string, object: T): void {
    this.delete(key)
    const values = this.#valuesOf(object)
    this.#values.set(key, values)
    for (const value of values) {
      const objects = this.#objects.get(value) ?? new Map<string, T>()
      this.#objects.set(value, objects.set(key, object))
    }
  }

  delete(key: string): void {
    for (const value of this.#values.get(key) ?? []) {
      const objects = this.#objects.get(value)
      objects?.delete(key)
      if (objects?.size === 0) this.#objects.delete(value)
    }
    this.#values.delete(key)
  }

  find(value: string): T[] {
    return [...(this.#objects.get(value)?.values() ?? [])]
  }
}

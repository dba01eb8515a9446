/** A map of maps that keeps no empty ones. */
export class TwoLevelMap<T> {
  private readonly groups = new Map<string, Map<string, T>>()

  set(group: string, key: string, value: T): void {
    const members = this.groups.get(group) ?? new Map<string, T>()
    members.set(key, value)
    this.groups.set(group, members)
  }

  delete(group: string, key: string): void {
    const members = this.groups.get(group)
    if (members?.delete(key) && members.size === 0) this.groups.delete(group)
  }

  /** The members of a group, in a list of the caller's own. */
  all(group: string): T[] {
    return [...(this.groups.get(group)?.values() ?? [])]
  }
}
